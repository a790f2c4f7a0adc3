import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./development-server.ts";
import { freePort } from "./free-port.ts";
import { run } from "./program-run.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rbee-start-refusal-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("a start whose configuration does not hold ends with the variable and its file in one sentence", async () => {
  const variables = join(folder, "dev.vars");
  await writeFile(variables, "GRACE_DAYS=soon\n");
  const server = launch(folder, await freePort());
  expect(await server.exited).toBe(1);
  expect(server.output().trim().split("\n").at(-1)).toBe(
    "The Worker refuses its configuration. GRACE_DAYS: must be a number of days. " +
      `Correct it in ${variables} or wrangler.toml.`,
  );
});

it("a start whose folder cannot be written ends with one sentence that names another way", async () => {
  const file = join(folder, "no-folder");
  await writeFile(file, "");
  const server = launch(file, await freePort());
  expect(await server.exited).toBe(1);
  expect(server.output().trim().split("\n").slice(1)).toEqual([
    `${file} cannot be written (EEXIST). Make it writable for you, ` +
      "or keep secrets and data in another folder: DEV_DIR=/path/to/folder npm start",
  ]);
});

it("a Node.js that is too old is told so in one sentence", async () => {
  const old = "Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });";
  const preload = `data:text/javascript,${encodeURIComponent(old)}`;
  const { code, stdout, stderr } = await run(process.execPath, ["--import", preload, "scripts/dev.js"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^This needs Node\.js 24 or newer, and this is v\d+\.\d+\.\d+\. Run it by npm .*\n$/);
});
