import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { type ActionsJob, startActionsJob } from "../support/node/actions-job.ts";
import { guideBlocks, runGuide } from "../support/node/guide-run.ts";
import { launch, ready, type Server } from "./development-server.ts";
import { freePort } from "./free-port.ts";
import { type Catalog, catalogIn } from "./running-catalog.ts";

/** The programs of the guides that a machine may lack. */
const missing = ["jq", "minisign"].filter((program) => {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`]);
    return false;
  } catch {
    return true;
  }
});
if (missing.length > 0) console.warn(`No ${missing.join(" and ")} on the PATH: no guide is followed.`);

const Workflow = z.object({
  jobs: z.object({
    release: z.object({
      env: z.record(z.string(), z.string()),
      steps: z.array(z.looseObject({ run: z.string().optional() })),
    }),
  }),
});

const root = mkdtempSync(join(tmpdir(), "rbee-guides-"));
let job: ActionsJob;
let server: Server;
let catalog: Catalog;

/** An export of sales as Gumroad writes it, without the columns of money and places. */
const gumroad = (key: string): string =>
  [
    "Purchase ID,Item Name,Purchase Email,Fully Refunded?,Giftee Email,License Key,License Key Enabled?",
    `1,Premium Worker,ada@example.com,0,,${key},1`,
    "2,Premium Monthly,joe@example.com,1,,95DB562A-C11D4B06-A2335A6B-8C079166,1",
    "Totals,,,,,,",
  ].join("\n");

/** Follows a guide in a home of its own. */
const follow = (slug: string, rest: Partial<Parameters<typeof runGuide>[1]> = {}): Promise<string> =>
  runGuide(slug, { url: catalog.url, folder: join(root, slug), ...rest });

const owner = () => ({ RBEE_ADMIN_TOKEN: catalog.adminToken });

describe.skipIf(missing.length > 0)("the guides (need jq and minisign)", () => {
  beforeAll(async () => {
    job = await startActionsJob();
    const dev = join(root, "dev");
    mkdirSync(dev);
    writeFileSync(join(dev, "dev.vars"), job.variables);
    server = await ready(launch(dev, await freePort()));
    catalog = await catalogIn(dev);
  });
  afterAll(async () => {
    await server?.stop();
    job?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it("five minutes: a worker is installed, verified and removed", async () => {
    const output = await follow("five-minutes");
    expect(output).toContain("llm-worker-rbee-cpu 0.1.0 (sample)");
    expect(output).toContain("as it was published and signed");
  });

  it("buying and activating: a machine gets a premium worker, and gives its seat back", async () => {
    const { key } = await catalog.issue("premium-lifetime");
    const env = { RBEE_LICENSE_KEY: key, RBEE_MACHINE: "the reader's machine" };
    const output = await follow("buying-and-activating", { env, input: `${key}\n` });
    expect(output).toContain("Installed llm-worker-rbee-premium-cpu 1.0.0");
    expect(output).toContain("1 of 25 seats used");
    expect(output).toContain("Deactivated.");
  });

  it("machines without a network: a lease installs a worker from a folder", async () => {
    const { key } = await catalog.issue("premium-lifetime");
    const output = await follow("offline-machines", { env: { RBEE_LICENSE_KEY: key }, input: `${key}\n` });
    expect(output).toContain("Installed llm-worker-rbee-premium-cpu 1.0.0");
    expect(output).toContain("as it was published and signed");
  });

  it("integrating a hive: plain HTTP activates, downloads, verifies, renews and frees", async () => {
    const { key } = await catalog.issue("premium-lifetime");
    const output = await follow("integrating-a-hive", { env: { RBEE_LICENSE_KEY: key } });
    expect(output).toContain("llm-worker-rbee-premium-cpu-linux-x86_64: OK");
    expect(output).toContain("Signature and comment signature verified");
    expect(output).toContain("KEY_INVALID");
    expect(output).toMatch(/^204$/m);
  });

  it("publishing from CI: the workflow's own steps upload a draft, which its holder signs", async () => {
    const folder = join(root, "publishing-from-ci");
    const checkout = join(folder, "checkout");
    mkdirSync(join(checkout, "dist"), { recursive: true });
    writeFileSync(join(checkout, "build.sh"), '#!/bin/sh\nhead -c 50000 /dev/urandom >"$1"\n', { mode: 0o755 });
    copyFileSync(join(catalog.folder, "release-signing.key"), join(folder, "release-signing.key"));
    const text = guideBlocks("publishing-from-ci").find(({ language }) => language === "yaml")?.text ?? "";
    const { env, steps } = Workflow.parse(parse(text)).jobs.release;
    const variables = { ...env, ...job.environment, GITHUB_REF_NAME: "v1.4.0" };
    const exports = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`);
    const commands = steps.flatMap(({ run }) => run ?? []);
    const ofJob = ["(", `cd '${checkout}'`, ...exports, ...commands, ")"].join("\n");
    const output = await follow("publishing-from-ci", {
      env: { ...owner(), GITHUB_API_URL: job.url },
      edit: (block) => (block.includes("release sign") ? `${ofJob}\n${block}` : block),
    });
    expect(output).toContain("This job publishes as");
    expect(output).toMatch(/^1\.4\.0$/m);
    expect(output).toContain("publisher.exchange");
  });

  it("moving in: keys of three shops are imported, and an old key activates a machine", async () => {
    const folder = join(root, "moving-in");
    mkdirSync(folder);
    const write = (name: string, value: string | object) =>
      writeFileSync(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
    const old = "85DB562A-C11D4B06-A2335A6B-8C079166";
    write("gumroad.csv", gumroad(old));
    const attributes = {
      ...{ key: "80e15db5-c796-436b-850c-8f9c98a48abe", user_email: "bob@example.com", status: "inactive" },
      ...{ activation_limit: 5, expires_at: null, product_id: 7 },
    };
    write("keys-1.json", { data: [{ type: "license-keys", attributes }] });
    write("users-1.json", { data: [{ type: "users", id: "usr-1", attributes: { email: "eve@example.com" } }] });
    const license = { key: "C1B6DE-39A6E3-DE1529-8559A0-4AF593-V3", status: "ACTIVE", expiry: null, maxMachines: 3 };
    const relationships = { owner: { data: { id: "usr-1" } }, policy: { data: { id: "pol-1" } } };
    write("licenses-1.json", { data: [{ type: "licenses", attributes: license, relationships }] });
    const output = await follow("moving-in", { env: { ...owner(), OLD_KEY: old, RBEE_MACHINE: "the customer's" } });
    expect(output).toContain("gumroad: 1 importable, 2 left out");
    // A request that a busy machine answers late is repeated, and the row is there by then.
    for (const shop of ["gumroad", "lemon-squeezy", "keygen", "other"])
      expect(output).toMatch(new RegExp(`^${shop}: 1 (imported|already there)`, "m"));
    expect(output).toContain("was exchanged for an rbee license key");
    const { stdout } = await catalog.admin("license", "list", "--json");
    for (const person of ["ada", "bob", "eve", "grace"]) expect(stdout).toContain(`${person}@example.com`);
    const again = await catalog.admin(
      "license",
      "import",
      join(folder, "keygen.csv"),
      "--plan",
      "premium-lifetime",
      "--yes",
    );
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("keygen: 1 already there")]);
  });

  it("running your own: a license is issued, a version published, and the trail tells both", async () => {
    const output = await follow("running-your-own", {
      cwd: join(root, "running-your-own"),
      env: { DEV_DIR: catalog.folder, RBEE_CATALOG_URL: catalog.url },
      // The server runs already: `npm start` keeps its terminal.
      edit: (block) => (block === "npm start\n" ? "" : block.replaceAll("npx rbee-catalog", "rbee-catalog")),
    });
    expect(output).toContain("ada@example.com");
    expect(output).toContain("license.suspend");
  });
});
