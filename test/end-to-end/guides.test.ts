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
    const commands = steps.flatMap(({ run }) => (run === undefined || run.endsWith("--cli") ? [] : run));
    const ofJob = ["(", `cd '${checkout}'`, ...exports, ...commands, ")"].join("\n");
    const output = await follow("publishing-from-ci", {
      env: { ...owner(), GITHUB_API_URL: job.url },
      edit: (block) => (block.includes("release sign") ? `${ofJob}\n${block}` : block),
    });
    expect(output).toContain("This job publishes as");
    expect(output).toMatch(/^1\.4\.0$/m);
    expect(output).toContain("publisher.exchange");
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
