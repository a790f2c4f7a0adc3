import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";

const license = {
  ...{ id: "lic_1", status: "active", plan: "premium-monthly", entitlements: ["w-*"], versions: "*", machine_limit: 8 },
  amendments: { machine_limit_paid: 5, machine_limit_floor: 8, customer_email_due: true },
};

/** The requests of the command: method, address and parsed body. */
const asked: [method: string | undefined, url: string | undefined, body: unknown][] = [];

const catalog = await serve(async (request, response) => {
  asked.push([request.method, request.url, JSON.parse(await text(request))]);
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ license, edge: "published" }));
});
afterAll(catalog.close);

const run = (...words: string[]) => {
  asked.length = 0;
  return runCli(["license", ...words, "--url", catalog.url], { RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}` });
};

const REASON = ["--reason", "goodwill"];

describe("license amend", () => {
  it("sends the named fields alone", async () => {
    const { code, stdout } = await run("amend", "lic_1", "--machines", "8", ...REASON);
    expect(code).toBe(0);
    expect(asked).toEqual([["POST", "/v1/admin/licenses/lic_1/amend", { reason: "goodwill", machine_limit: 8 }]]);
    expect(stdout).toContain("5 machines; the others were granted");
    expect(stdout).toContain("the catalog retries");
  });

  it("sends every field, and null for no limit", async () => {
    const rights = [
      "--versions",
      "<3.0.0",
      "--worker",
      "a-cpu",
      "b-*",
      "--updates-until",
      "always",
      "--expires",
      "never",
    ];
    const owner = ["--email", "new@example.com", "--note", "", "--plan", "premium-lifetime"];
    const { code, stderr } = await run("amend", "lic_1", ...rights, ...owner, ...REASON);
    expect(code).toBe(0);
    expect(asked[0]?.[2]).toEqual({
      ...{ reason: "goodwill", plan: "premium-lifetime", email: "new@example.com", note: "", versions: "<3.0.0" },
      ...{ entitlements: ["a-cpu", "b-*"], updates_until: null, expires_at: null },
    });
    expect(stderr).toContain("new@example.com");
  });

  it("refuses an amendment of nothing, and one without a reason", async () => {
    expect(await run("amend", "lic_1", ...REASON)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--machines"),
    });
    expect(await run("amend", "lic_1", "--machines", "8")).toMatchObject({ code: 2 });
    expect(asked).toEqual([]);
  });
});

it("license issue sends the same fields", async () => {
  const more = ["--versions", "<3.0.0", "--worker", "a-*", "--updates-until", "2027-01-31", "--expires", "never"];
  await run("issue", "--plan", "premium-trial", "--email", "a@example.com", ...more);
  expect(asked[0]?.[2]).toEqual({
    ...{ plan: "premium-trial", email: "a@example.com", versions: "<3.0.0", entitlements: ["a-*"] },
    ...{ updates_until: "2027-01-31T00:00:00Z", expires_at: null },
  });
});
