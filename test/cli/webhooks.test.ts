import { text } from "node:stream/consumers";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";

const ENDPOINT = {
  ...{ id: "whe_06b4m2v8w5r7q1t3x9z2k4n6p8", url: "https://crm.example.com/hooks", description: "CRM" },
  ...{ types: ["license.*"], state: "enabled", disabled_by: null, failing_since: null, queued_through: 4711 },
  ...{ pending: 2, failed: 1, former_secret_until: null, created_at: "2026-11-28T10:00:00Z", removed_at: null },
};
const EVENT = {
  ...{ id: "chg_1", sequence: 4711, type: "license.revoke", timestamp: "2026-11-28T10:00:00Z" },
  data: { subject: "lic_1", actor: "token:adm_1", reason: "leaked", details: {}, request_id: null },
};
const DELIVERY = {
  ...{ sequence: 4711, type: "license.revoke", subject: "lic_1", state: "failed", attempts: 10 },
  ...{
    last_attempt_at: "2026-11-28T10:00:00Z",
    next_attempt_at: null,
    last_status: 500,
    last_error: "It answered 500.",
  },
};

/** Answers as the service does, by the end of the address; the tests of its routes compare those with the API. */
const ANSWERS: readonly [address: RegExp, answer: object][] = [
  [
    /^GET .*\/events\?/,
    { events: [EVENT], forgotten: [{ from: 4709, to: 4710 }], next_after: 4711, last_sequence: 5000, has_more: true },
  ],
  [/^GET .*\/stripe-events/, { events: [] }],
  [/^GET .*\/deliveries/, { deliveries: [DELIVERY], next_cursor: null }],
  [/^GET .*\/webhooks(\?|$)/, { endpoints: [ENDPOINT], next_cursor: null }],
  [/replay$/, { replayed: 3 }],
  [/test$/, { event_id: "chg_2" }],
  [/^POST .*(rotate-secret|webhooks)$/, { endpoint: ENDPOINT, secret: "whsec_c2VjcmV0" }],
  [/./, { endpoint: ENDPOINT }],
];

const asked: string[] = [];
beforeEach(() => void asked.splice(0));
const catalog = await serve(async (request, response) => {
  const address = `${request.method} ${request.url}`;
  const body = await text(request);
  asked.push(body === "" ? address : `${address} ${body}`);
  const [, answer] = ANSWERS.find(([known]) => known.test(address)) ?? [];
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
});
afterAll(catalog.close);

const run = async (...args: string[]) => {
  const ran = await runCli([...args, "--url", catalog.url], { RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}` });
  return { ...ran, asked: asked.splice(0) };
};
const AT = `/v1/admin/webhooks/${ENDPOINT.id}`;

describe("rbee-catalog webhooks", () => {
  it("add sends types, description and start, and prints the secret", async () => {
    const add = [
      "webhooks",
      "add",
      ENDPOINT.url,
      "--type",
      "license.*",
      "machine.activate",
      "--after",
      "0",
      "--reason",
      "r",
    ];
    const { code, stdout, asked } = await run(...add);
    const body = { url: ENDPOINT.url, reason: "r", types: ["license.*", "machine.activate"], after: 0 };
    expect([code, asked]).toEqual([0, [`POST /v1/admin/webhooks ${JSON.stringify(body)}`]]);
    expect(stdout).toContain("whsec_c2VjcmV0");
  });

  it.each([
    [["change", "--all-types", "--reason", "r"], `POST ${AT}/change {"types":[],"reason":"r"}`],
    [
      ["change", "--new-url", "https://a.example/", "--reason", "r"],
      `POST ${AT}/change {"url":"https://a.example/","reason":"r"}`,
    ],
    [["rotate-secret", "--overlap", "0", "--reason", "r"], `POST ${AT}/rotate-secret {"reason":"r","overlap_hours":0}`],
    [["rotate-secret", "--reason", "r"], `POST ${AT}/rotate-secret {"reason":"r","overlap_hours":24}`],
    [["disable", "--reason", "r"], `POST ${AT}/disable {"reason":"r"}`],
    [["enable", "--skip", "--reason", "r"], `POST ${AT}/enable {"reason":"r","skip":true}`],
    [["remove", "--reason", "r"], `DELETE ${AT} {"reason":"r"}`],
    [["test"], `POST ${AT}/test`],
    [["replay", "--reason", "r"], `POST ${AT}/replay {"reason":"r","state":"failed"}`],
    [
      ["replay", "--any", "--from", "5", "--to", "9", "--reason", "r"],
      `POST ${AT}/replay {"reason":"r","from":5,"to":9,"state":"any"}`,
    ],
    [["show"], `GET ${AT}`],
    [["deliveries", "--state", "failed"], `GET ${AT}/deliveries?limit=50&state=failed`],
  ])("%j asks for %s", async ([act = "", ...options], request) => {
    const { code, stderr, asked } = await run("webhooks", act, ENDPOINT.id, ...options);
    expect({ code, stderr, asked }).toEqual({ code: 0, stderr: "", asked: [request] });
  });

  it("without a subcommand lists the endpoints", async () => {
    const { stdout, asked } = await run("webhooks");
    expect(asked).toEqual(["GET /v1/admin/webhooks?limit=50"]);
    expect(stdout).toContain("https://crm.example.com/hooks");
  });

  it("shows why a delivery failed", async () => {
    expect((await run("webhooks", "deliveries", ENDPOINT.id)).stdout).toMatch(
      /4711 .*license\.revoke .*failed .*10 .*500/,
    );
  });
});

describe("rbee-catalog events", () => {
  it("--after lists the sequence, says what is deleted, and how to continue", async () => {
    const { stdout, stderr, asked } = await run("events", "--after", "4708", "--type", "license.*", "release.publish");
    expect(asked).toEqual(["GET /v1/admin/events?after=4708&limit=50&type=license.*%2Crelease.publish"]);
    expect(stdout).toMatch(/4711 .*license\.revoke +lic_1 +token:adm_1 +leaked/);
    expect(stderr).toContain("Deleted by retention: 4709 to 4710");
    expect(stderr).toContain("More results: --after 4711");
  });

  it("without --after still lists payment events", async () => {
    expect((await run("events")).asked).toEqual(["GET /v1/admin/stripe-events?state=unhandled"]);
    expect((await run("events", "--attention")).asked).toEqual(["GET /v1/admin/stripe-events?state=attention"]);
  });

  it("refuses a number that no event can have", async () => {
    expect(await run("events", "--after", "-1")).toMatchObject({ code: 2, asked: [] });
  });
});
