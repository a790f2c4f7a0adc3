import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createPrivateFile } from "../../src/cli/files.ts";
import { hostPlatform, machineFingerprint } from "../../src/cli/hive/machine.ts";
import { changeHiveState, hiveFolder, readHiveState } from "../../src/cli/hive/state.ts";
import { sampleActivation } from "./sample-activation.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const home = async (): Promise<NodeJS.ProcessEnv> => ({ XDG_CONFIG_HOME: await temporaryFolder() });

const activation = sampleActivation("https://catalog.example");

describe("a hive's state", () => {
  it("is empty at first, then what was written, for its owner's eyes only", async () => {
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

  it("that is damaged is not taken for none", async () => {
    const env = await home();
    await changeHiveState(env, (state) => ({ ...state, activation }));
    await writeFile(join(hiveFolder(env), "catalog.json"), '{"activation":');
    await expect(readHiveState(env)).rejects.toThrow("is damaged");
  });
});

describe("a machine", () => {
  it("is known by what RBEE_MACHINE says, else by something that stays the same and gives nothing away", async () => {
    const env = await home();
    expect(await machineFingerprint({ ...env, RBEE_MACHINE: "attic" })).toBe("attic");
    const own = await machineFingerprint(env);
    expect(own).toMatch(/^[0-9a-f]{64}$/);
    expect(await machineFingerprint(env)).toBe(own);
  });

  it("has a platform, named as releases name it", () => {
    expect(hostPlatform("linux", "x64")).toBe("linux-x86_64");
    expect(hostPlatform("darwin", "arm64")).toBe("macos-aarch64");
    expect(() => hostPlatform("darwin", "x64")).toThrow("macos-x86_64");
  });
});

it("a key file that is there is never replaced", async () => {
  const path = join(await temporaryFolder(), "key");
  await createPrivateFile(path, "first");
  await expect(createPrivateFile(path, "second")).rejects.toMatchObject({ exitCode: 2 });
});
