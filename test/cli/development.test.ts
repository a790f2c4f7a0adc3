import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import { readPort } from "../../scripts/development/port.ts";
import { ensureVariables } from "../../scripts/development/variables.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { readConfig } from "../../src/platform/config/config.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

describe("the variables of a development server", () => {
  it("are made once, form a valid configuration, and stay", async () => {
    const path = join(await temporaryFolder(), "dev.vars");
    const made = await ensureVariables(path, await generateMinisignKey());
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, "utf8");
    const { vars } = unstable_readConfig({ config: "wrangler.toml" });
    const config = readConfig({ ...vars, PUBLIC_URL: "http://localhost:8787", ...parseEnv(text) });
    expect([config.ENVIRONMENT, config.LIVEMODE]).toEqual(["development", false]);
    expect(await ensureVariables(path, await generateMinisignKey())).toEqual(made);
    expect(await readFile(path, "utf8")).toBe(text);
  });

  it("keep the lines of the user and gain the missing ones", async () => {
    const path = join(await temporaryFolder(), "dev.vars");
    await writeFile(path, "# mine\nRELEASE_SIGNATURES=required\nPUBLIC_URL=https://tunnel.example");
    const variables = await ensureVariables(path, await generateMinisignKey());
    expect(variables).toMatchObject({ RELEASE_SIGNATURES: "required", PUBLIC_URL: "https://tunnel.example" });
    const text = await readFile(path, "utf8");
    expect(text).toMatch(/^# mine\nRELEASE_SIGNATURES=required\nPUBLIC_URL=https:\/\/tunnel\.example\n/);
    expect(parseEnv(text)).toEqual(variables);
  });
});

describe("PORT", () => {
  it("is 8787 unless it is set to a port", () => {
    expect([undefined, "", "9000"].map(readPort)).toEqual([8787, 8787, 9000]);
    for (const text of ["0", "65536", "http", "-1", "80.5"]) expect(() => readPort(text)).toThrow("PORT must be");
  });
});
