import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cloudflare, openCloudflare } from "../../../scripts/deploy/cloudflare.ts";
import { type Plan, readPlan } from "../../../scripts/deploy/plan.ts";
import { requireSettings } from "../../../scripts/deploy/settings.ts";
import { PROJECT } from "../../../scripts/development/paths.ts";
import { ACCOUNT, type CloudflareStub, FULL, startCloudflare } from "../../support/node/cloudflare-api/server.ts";

const plan = readPlan(join(PROJECT, "wrangler.toml"), null);

let stub: CloudflareStub;
let cloudflare: Cloudflare;
let folder: string;
beforeAll(async () => {
  stub = await startCloudflare();
  cloudflare = openCloudflare({ CLOUDFLARE_API_BASE_URL: stub.url, CLOUDFLARE_API_TOKEN: stub.token(FULL) });
  const secrets = [...plan.requiredSecrets, "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"];
  const bindings = secrets.map((name) => ({ name, type: "secret_text", text: "set long ago" }));
  stub.workers.push({
    ...{ name: plan.own.name, tag: "1", versions: [{ id: "1", bindings, modules: [] }], deployed: "1" },
    ...{ schedules: [], domains: [], subdomain: { enabled: false, previews_enabled: false }, observability: null },
  });
  folder = await mkdtemp(join(tmpdir(), "rbee-settings-"));
});
afterAll(async () => {
  await stub.stop();
  await rm(folder, { recursive: true });
});

/** The refusal of the live Worker's next deployment with these variables and this file of secrets; null if none. */
async function refusalOf(vars: Plan["vars"], secrets: string | null = null): Promise<string | null> {
  const file = join(folder, "next.secret.env");
  if (secrets !== null) await writeFile(file, secrets);
  const changed = { ...plan, vars: { ...plan.vars, ...vars } };
  return requireSettings(cloudflare, ACCOUNT, changed, secrets === null ? null : file).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe("the next deployment, whose secrets are set at Cloudflare", () => {
  it("passes with the variables of wrangler.toml, and with those that need a secret that is set", async () => {
    expect(await refusalOf({})).toBeNull();
    const presigned = { DELIVERY: "r2-presigned", R2_S3_ENDPOINT: "https://a.r2.example", R2_S3_BUCKET: "binaries" };
    expect(await refusalOf(presigned)).toBeNull();
  });

  it("is refused with a variable that makes the Worker answer 503 to everything", async () => {
    expect(await refusalOf({ GRACE_DAYS: "seven" })).toMatch(/GRACE_DAYS: must be a number of days\. .* wrangler.toml/);
    expect(await refusalOf({ PUBLIC_URL: "http://catalog.rbee.dev" })).toContain("PUBLIC_URL: must be an https URL");
  });

  it("is refused with a file that has one new secret of the wrong form, without its value", async () => {
    const refusal = await refusalOf({}, "STRIPE_SECRET_KEY=rk_test_made_up\n");
    expect(refusal).toContain("STRIPE_SECRET_KEY: must be of the mode that LIVEMODE names");
    expect(refusal).not.toContain("made_up");
    expect(await refusalOf({}, "STRIPE_SECRET_KEY=rk_live_made_up\n")).toBeNull();
  });
});
