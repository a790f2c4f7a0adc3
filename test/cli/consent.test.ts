import { text } from "node:stream/consumers";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { serve } from "../support/node/http-server.ts";

const RELEASE = "rel_06b4m2v8w5r7q1t3x9z2k4n6p8";
const license = { id: "lic_1", status: "revoked", plan: "premium-monthly", entitlements: ["w-*"], machine_limit: 5 };
const release = {
  ...{ id: RELEASE, worker_id: "w", version: "1.0.0", channel: "stable", status: "draft" },
  ...{ source_tag: null, provenance: null, artifacts: [] },
};
const order = {
  ...{ id: "ord_1", state: "complete", amount_total: 9900, currency: "usd", upgrades: null },
  ...{ held_at: null, held_reason: null, held_detail: null, resolved_at: null, resolution: "refund" },
};
const publisher = {
  ...{ id: "pub_1", repository: "a/b", repository_id: "1", repository_owner_id: "2" },
  ...{ workflow: "release.yml", environment: null, refs: ["refs/tags/v*"], worker_ids: ["w"] },
};
const endpoint = {
  ...{ id: "we_1", url: "https://a.example", description: "", types: [], state: "removed", disabled_by: null },
  ...{ failing_since: null, queued_through: 0, pending: 0, failed: 0 },
};

/** The requests that change something, and the addresses of previews. */
let acts: string[] = [];
let previews: string[] = [];
let hasPreviews = true;
beforeEach(() => {
  [acts, previews, hasPreviews] = [[], [], true];
});

const catalog = await serve(async (request, response) => {
  await text(request);
  const { method, url = "" } = request;
  const send = (status: number, body: object) =>
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  if (url.includes("/preview")) {
    previews.push(url);
    if (!hasPreviews) return send(404, { code: "NOT_FOUND", detail: "No such path." });
    return send(200, { act: "x", subject: "x", about: "ada@example.com", consequences: ["It stops.", "For ever."] });
  }
  if (method !== "GET") acts.push(`${method} ${url}`);
  const changed = { license, release, refund: { amount: 0, currency: null }, licenses: ["lic_1"], customers: [] };
  return send(200, { ...changed, order, publisher, endpoint });
});
afterAll(catalog.close);

/** Runs the command on a terminal whose person answers `answer`; null: there is no terminal. */
async function run(words: string[], answer: string | null = null) {
  const output = { stdout: "", stderr: "", asked: "" };
  const code = await runProgram([...words, "--url", catalog.url], {
    env: { RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}`, DEV_DIR: "/nonexistent" },
    stdout: (shown) => {
      output.stdout += shown;
    },
    stderr: (shown) => {
      output.stderr += shown;
    },
    ...(answer !== null && {
      ask: async (question: string) => {
        output.asked += question;
        return answer;
      },
    }),
  });
  return { code, ...output };
}

const FINAL = [
  ["license", "refund", "lic_1", "--reason", "r"],
  ["license", "erase", "lic_1", "--reason", "r"],
  ["release", "block", RELEASE, "--reason", "r"],
  ["release", "unblock", RELEASE, "--reason", "r"],
  ["release", "delete", RELEASE],
];

const ASKING = [
  ["license", "revoke", "lic_1", "--reason", "r"],
  ["license", "suspend", "lic_1", "--reason", "r"],
  ["license", "rotate-key", "lic_1", "--reason", "r"],
  ["release", "yank", RELEASE, "--reason", "r"],
  ["machine", "remove", "lic_1", "mach_1"],
  ["machine", "bar", "lic_1", "mach_1", "--reason", "r"],
  ["token", "revoke", "adm_1"],
  ["publisher", "remove", "pub_1", "--reason", "r"],
  ["webhooks", "remove", "we_1", "--reason", "r"],
  ["orders", "resolve", "ord_1", "--refund", "--reason", "r"],
];

describe.each(FINAL)("%s %s, which cannot be undone", (...words) => {
  it("without a terminal needs --yes, and asks the catalog nothing", async () => {
    const { code, stderr } = await run(words);
    expect([code, acts, previews]).toEqual([2, [], []]);
    expect(stderr).toContain("Add --yes to go on, or --dry-run to see the consequences.");
    expect(await run([...words, "--yes"])).toMatchObject({ code: 0 });
    expect(acts.length).toBe(1);
  });
});

describe.each([...FINAL, ...ASKING])("%s %s", (...words) => {
  it("on a terminal shows the consequences, and acts after yes alone", async () => {
    const no = await run(words, "no");
    expect([no.code, acts, previews.length]).toEqual([1, [], 1]);
    expect(no.stderr).toContain("ada@example.com\n  - It stops.\n  - For ever.");
    expect(no.stderr).toContain("Nothing was changed.");
    expect(no.asked).toMatch(/\? Type yes to agree: $/);
    expect(await run(words, "yes")).toMatchObject({ code: 0 });
    expect(acts.length).toBe(1);
  });

  it("with --dry-run prints the consequences, and changes nothing", async () => {
    const { code, stdout } = await run([...words, "-n"]);
    expect([code, stdout, acts]).toEqual([0, "ada@example.com\n  - It stops.\n  - For ever.\n", []]);
  });
});

it.each(ASKING)("%s %s goes on without a question where nobody can be asked", async (...words) => {
  expect(await run(words)).toMatchObject({ code: 0 });
  expect([acts.length, previews]).toEqual([1, []]);
});

it("a preview is of the act with its options", async () => {
  await run(["license", "revoke", "lic_1", "--reason", "r", "--cancel-subscription", "--dry-run"]);
  await run(["machine", "bar", "lic_1", "mach_1", "--reason", "r", "--void-lease", "--dry-run"]);
  await run(["token", "revoke", "adm_1", "--keep-children", "--dry-run"]);
  await run(["orders", "resolve", "ord_1", "--reason", "r", "--plan", "premium-lifetime", "-m", "5", "--dry-run"]);
  expect(previews).toEqual([
    "/v1/admin/licenses/lic_1/preview?act=revoke&cancel_subscription=true",
    "/v1/admin/licenses/lic_1/machines/mach_1/preview?act=bar&void_lease=true",
    "/v1/admin/tokens/adm_1/preview?act=revoke&keep_children=true",
    "/v1/admin/orders/ord_1/preview?act=resolve&plan=premium-lifetime&machines=5",
  ]);
});

it("a catalog without previews: the command says to decide by --yes, and does nothing", async () => {
  hasPreviews = false;
  const { code, stderr } = await run(["license", "erase", "lic_1", "--reason", "r"], "yes");
  expect([code, acts]).toEqual([1, []]);
  expect(stderr).toContain("older than the command");
});
