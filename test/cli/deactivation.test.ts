import { expect, it } from "vitest";
import { changeHiveState, readHiveState } from "../../src/cli/hive/state.ts";
import { serve } from "./http-server.ts";
import { runCli } from "./in-process.ts";
import { sampleActivation } from "./sample-activation.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Runs `deactivate` on a machine that is activated at a catalog which answers with `status` and `code`. */
async function deactivateAt(status: number, code: string) {
  const catalog = await serve((_request, response) => response.writeHead(status).end(code && JSON.stringify({ code })));
  const folder = await temporaryFolder();
  const env = { XDG_CONFIG_HOME: folder, DEV_DIR: folder, RBEE_CATALOG_URL: "" };
  const activation = sampleActivation(catalog.url);
  await changeHiveState(env, (state) => ({ ...state, activation }));
  const run = await runCli(["deactivate"], env);
  catalog.close();
  return { ...run, isActivated: (await readHiveState(env)).activation !== null };
}

it("forgets the license once the seat is given back", async () => {
  expect(await deactivateAt(204, "")).toMatchObject({ code: 0, isActivated: false });
});

it("calls no seat free that a machine still holds because its key has been replaced", async () => {
  expect(await deactivateAt(401, "KEY_ROTATED")).toMatchObject({ code: 3, stdout: "", isActivated: true });
});
