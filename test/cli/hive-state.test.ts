import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createPrivateFile } from "../../src/cli/files.ts";
import { hostPlatform, machineFingerprint } from "../../src/cli/hive/machine.ts";
import { changeHiveState, hiveFolder, readHiveState } from "../../src/cli/hive/state.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

/** The stored activation of a hive at the catalog on `url`. */
const sampleActivation = (url: string) => ({
  url,
  license_key: "rbee_lic_X",
  license_id: "lic_x",
  machine_id: "mach_x",
  fingerprint: "f",
  token: "t",
  token_expires_at: "2026-11-24T12:00:00Z",
});

const home = async (): Promise<NodeJS.ProcessEnv> => ({ XDG_CONFIG_HOME: await temporaryFolder() });

const activation = sampleActivation("https://catalog.example");

describe("a hive's state", () => {
  it("is empty at first, then equals the last change, in a file that only its owner can read", async () => {
    const env = await home();
    expect(await readHiveState(env)).toEqual({ activation: null, release_keys: {}, indexes: {} });
    const state = {
      activation,
      release_keys: { "https://catalog.example": "key" },
      indexes: { "https://catalog.example": { delegated_at: 1, serials: { worker: 2 } } },
    };
    await changeHiveState(env, () => state);
    expect(await readHiveState(env)).toEqual(state);
    expect(await readdir(hiveFolder(env))).toEqual(["catalog.json"]);
    expect((await stat(join(hiveFolder(env), "catalog.json"))).mode & 0o777).toBe(0o600);
  });

  it("is an error, not empty, if its file is damaged", async () => {
    const env = await home();
    await changeHiveState(env, (state) => ({ ...state, activation }));
    await writeFile(join(hiveFolder(env), "catalog.json"), '{"activation":');
    await expect(readHiveState(env)).rejects.toThrow("is damaged");
  });
});

describe("a machine", () => {
  it("has RBEE_MACHINE as its fingerprint, else a hash that stays the same", async () => {
    const env = await home();
    expect(await machineFingerprint({ ...env, RBEE_MACHINE: "attic" })).toBe("attic");
    const own = await machineFingerprint(env);
    expect(own).toMatch(/^[0-9a-f]{64}$/);
    expect(await machineFingerprint(env)).toBe(own);
  });

  it("has a platform, with the name that releases use", () => {
    expect(hostPlatform("linux", "x64")).toBe("linux-x86_64");
    expect(hostPlatform("darwin", "arm64")).toBe("macos-aarch64");
    expect(() => hostPlatform("darwin", "x64")).toThrow("macos-x86_64");
  });
});

it("createPrivateFile never replaces a file", async () => {
  const path = join(await temporaryFolder(), "key");
  await createPrivateFile(path, "first");
  await expect(createPrivateFile(path, "second")).rejects.toMatchObject({ exitCode: 2 });
});

/** Runs `deactivate` on an activated machine, at a catalog that answers with `status` and `code`. */
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

it("deactivate forgets the license after the catalog has freed the seat", async () => {
  expect(await deactivateAt(204, "")).toMatchObject({ code: 0, isActivated: false });
});

it("deactivate fails and keeps the license if the key was rotated", async () => {
  expect(await deactivateAt(401, "KEY_ROTATED")).toMatchObject({ code: 3, stdout: "", isActivated: true });
});
