import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./development-server.ts";
import { freePort } from "./free-port.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rbee-start-refusal-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("ends a start whose configuration does not hold, naming the variable and the file", async () => {
  const variables = join(folder, "dev.vars");
  await writeFile(variables, "GRACE_DAYS=soon\n");
  const server = launch(folder, await freePort());
  expect(await server.exited).toBe(1);
  expect(server.output()).toContain("GRACE_DAYS");
  expect(server.output()).toContain(`The Worker refuses its configuration, see above: ${variables}`);
});
