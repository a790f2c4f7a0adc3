import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Run, run } from "../end-to-end/program-run.ts";
import type { Catalog } from "../end-to-end/running-catalog.ts";
import { sharedCatalog } from "../end-to-end/shared-catalog.ts";
import { installClient } from "../end-to-end/typescript-client/packed.ts";
import { builtProgram, cargo, crateFolder, hasDebianRust } from "../support/node/rust.ts";

/** The samples of the API reference, run as a reader copies them. */

/** The operations that are run, in this order: those of a license need the seat of the first one. */
const RUN = [
  "searchWorkers",
  "getWorker",
  "listPlans",
  "getReleaseSigningKeys",
  "resolveWorker",
  "activateMachine",
  "issueToken",
  "getOwnLicense",
  "deactivateMachine",
  "listLicenses",
  "listAuditEntries",
  "createAdminToken",
];

const answers = async (program: string, ...args: string[]): Promise<boolean> =>
  (await run(program, args).catch(() => ({ code: 1 }))).code === 0;

const hasPython = await answers("python3", "-c", "import requests");
if (!hasPython) console.warn("Skipped, not passed: samples that need python3 with requests, not installed here.");
const hasRust = await hasDebianRust();

/** The text of an element of a page: hono's escapes, undone. */
const unescaped = (html: string): string =>
  html
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

describe("the samples of the API reference", () => {
  let folder = "";
  let catalog: Catalog;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "rbee-samples-"));
    catalog = await sharedCatalog();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const pageOf = async (path: string): Promise<string> => (await fetch(catalog.url + path)).text();

  /** The samples of every operation in a language, by operation, as the pages show them. */
  async function samplesIn(language: string): Promise<Map<string, string>> {
    const groups = new Set([...(await pageOf("/docs")).matchAll(/href="(\/docs\/[a-z-]+)"/g)].map(([, path]) => path));
    groups.delete("/docs/problems");
    const samples = new Map<string, string>();
    for (const group of groups) {
      const html = await pageOf(`${group}?lang=${language}`);
      for (const [, id = "", text = ""] of html.matchAll(/<code id="sample-(\w+)">([\s\S]*?)<\/code>/g)) {
        samples.set(id, unescaped(text));
      }
    }
    expect(samples.size).toBeGreaterThan(100);
    return samples;
  }

  /** Writes samples into files `ID.extension`. Returns their paths. */
  async function written(samples: ReadonlyMap<string, string>, extension: string): Promise<string[]> {
    const files = [...samples].map(([id, text]) => [join(folder, `${id}.${extension}`), text] as const);
    for (const [path, text] of files) await writeFile(path, `${text}\n`);
    return files.map(([path]) => path);
  }

  /** Runs samples in their order, as a reader with a license of its own. Each must succeed, and print no problem. */
  async function runAll(runSample: (id: string, env: NodeJS.ProcessEnv) => Promise<Run>): Promise<void> {
    const { key } = await catalog.issue("premium-lifetime");
    const env = { RBEE_LICENSE_KEY: key, RBEE_ADMIN_TOKEN: catalog.adminToken, RBEE_MACHINE: "a-reader" };
    for (const id of RUN) {
      const { code, stdout, stderr } = await runSample(id, env);
      expect([id, code, code === 0 ? "" : stderr + stdout]).toEqual([id, 0, ""]);
      expect(stdout).not.toContain("/docs/problems/");
      if (id !== "deactivateMachine") expect([id, stdout.trim()]).not.toEqual([id, ""]);
    }
  }

  it("curl: every sample is valid shell, and calls succeed", async () => {
    const samples = await samplesIn("curl");
    expect(await run("bash", ["-n", "-c", [...samples.values()].join("\n")])).toMatchObject({ code: 0, stderr: "" });
    await runAll((id, env) => run("bash", ["-c", samples.get(id) ?? "false"], { env }));
  });

  it("TypeScript: every sample is valid, and calls succeed with our client or fetch", async () => {
    const samples = await samplesIn("typescript");
    for (const text of samples.values()) expect(stripTypeScriptTypes(text)).toContain("await");
    await installClient(folder);
    await writeFile(join(folder, "package.json"), '{"type": "module"}');
    await written(samples, "ts");
    await runAll((id, env) => run(process.execPath, [join(folder, `${id}.ts`)], { env }));
  });

  it.skipIf(!hasPython)("Python: every sample is valid, and calls succeed (needs python3 with requests)", async () => {
    const paths = await written(await samplesIn("python"), "py");
    const parse = "import ast, sys\nfor path in sys.argv[1:]: ast.parse(open(path).read(), path)";
    expect(await run("python3", ["-c", parse, ...paths])).toMatchObject({ code: 0, stderr: "" });
    await runAll((id, env) => run("python3", [join(folder, `${id}.py`)], { env }));
  });

  it.skipIf(!hasRust)("Rust: samples build, and calls succeed (needs Debian's cargo and crates)", async () => {
    const samples = await samplesIn("rust");
    const crate = await crateFolder("samples", [
      '[package]\nname = "samples"\nversion = "0.1.0"\nedition = "2021"',
      '[dependencies]\nserde_json = "1"\nureq = { version = "2", features = ["json"] }',
    ]);
    // One program for all, because linking takes the most time. Each sample is whole, inside of a block of its own.
    // One of each form beside those that are run: a file to send, a form, a file to keep.
    const arms = [...RUN, "uploadArtifactPart", "queryAurByForm", "downloadFile"].map(
      (id) => `Some("${id}") => {\n${samples.get(id)}\nmain()\n}`,
    );
    const choice = `match std::env::args().nth(1).as_deref() {\n${arms.join("\n")}\n_ => Err("no such sample".into()),\n}`;
    const program = `fn main() -> Result<(), Box<dyn std::error::Error>> {\n${choice}\n}\n`;
    await writeFile(join(crate, "src/main.rs"), program);
    const built = await cargo(crate, "build");
    expect([built.code, built.code === 0 ? "" : built.stderr]).toEqual([0, ""]);
    await runAll((id, env) => run(builtProgram("samples"), [id], { env }));
  });
});
