import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { Catalog } from "../end-to-end/running-catalog.ts";
import { sharedCatalog } from "../end-to-end/shared-catalog.ts";
import { installed as available } from "../support/node/installed.ts";
import { makepkg, makepkgMissing } from "../support/node/makepkg.ts";
import { type Run, workDirectory } from "../support/node/ordinary-user.ts";

/** The recipe that installs the binary of a free worker, as the running catalog serves it, run by the real makepkg. */
const ID = "llm-worker-rbee-cpu";

let catalog: Catalog;
let recipe = "";

beforeAll(async () => {
  catalog = await sharedCatalog();
  const entry = await (await fetch(`${catalog.url}/v1/workers/${ID}`)).json();
  const { pkgbuild_url_bin } = z.object({ pkgbuild_url_bin: z.string() }).parse(entry);
  recipe = await (await fetch(catalog.url + pkgbuild_url_bin)).text();
});

async function run(pkgbuild: string, ...options: string[]): Promise<Run & { binary: string }> {
  const directory = workDirectory();
  writeFileSync(join(directory, "PKGBUILD"), pkgbuild);
  const made = await makepkg(directory, options);
  return { ...made, binary: join(directory, "pkg", ID, "usr/local/bin", ID) };
}

const INSTALL = ["--noarchive", "--nodeps"];

describe.skipIf(makepkgMissing !== null || !available("minisign"))("the recipe of a free worker's binary", () => {
  it("declares the released version for the systems that have a binary", async () => {
    const { code, stdout, stderr } = await run(recipe, "--printsrcinfo");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`pkgbase = ${ID}\n`);
    expect(stdout).toContain("\tarch = x86_64\n");
    expect(stdout).not.toContain("\tsource = ");
  });

  it("installs the released file, unchanged, after its signature was checked", async () => {
    const { code, stderr, binary } = await run(recipe, ...INSTALL);
    expect([code, stderr.includes("checksum alone")], stderr).toEqual([0, false]);
    const sample = readFileSync(join(catalog.folder, `${ID}-linux-x86_64`));
    expect(readFileSync(binary).equals(sample)).toBe(true);
  });

  it.each([
    ["another sum", /'[0-9a-f]{64}'/, `'${"0".repeat(64)}'`, "did not pass the validity check"],
    ["another version in the signature", /version:[\d.]+/, "version:9.9.9", "its signature was made for version:"],
    ["another key", /key='RW/, "key='RX", "is not what its publisher signed"],
  ])("installs nothing with %s", async (_, found, replaced, words) => {
    expect(recipe).toMatch(found);
    const { code, stdout, stderr, binary } = await run(recipe.replace(found, replaced), ...INSTALL);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(words);
    expect(existsSync(binary)).toBe(false);
  });
});
