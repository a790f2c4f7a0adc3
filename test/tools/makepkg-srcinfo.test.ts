import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ARCHITECTURES } from "../../src/domain/workers/recipe.ts";
import { type PublishedBinary, renderRecipe } from "../../src/domain/workers/recipe-rendering.ts";
import { makepkg, makepkgMissing, recipeDirectory, recipePath, recipes } from "../support/node/makepkg.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

const CUDA = "llm-worker-premium-cuda";

const readRecipe = (recipe: string, kind: "PKGBUILD" | "SRCINFO"): string =>
  readFileSync(recipePath(recipe, kind), "utf8");

/** As bad a text as a comment of a signature may be. */
const SIGNATURE = "untrusted comment: 'a\" {b} 100%d\nRUS\ntrusted comment: \t7$(false) \u00fc\n\\x\\0101\n";

const ARCHIVE = { path: "/v1/workers/w/2.10.0/files/w-2.10.0-source.tar.gz", sha256: "5".repeat(64) };

/** Binaries of every architecture that a recipe is for, and of the last one alone. */
function binariesOf(srcinfo: string): PublishedBinary[][] {
  const all = ARCHITECTURES.filter((name) => srcinfo.includes(`\tarch = ${name}\n`)).map((architecture, index) => ({
    architecture,
    filename: `worker+${architecture}.bin`,
    sha256: String(index).repeat(64),
    signature: {
      text: SIGNATURE,
      key: "RWS+/=",
      bound: false,
    },
  }));
  return all.length > 1 ? [all, all.slice(-1)] : [all];
}

describe.skipIf(makepkgMissing !== null)("real makepkg --printsrcinfo", () => {
  it.each(recipes)("of %s is its .SRCINFO, byte for byte", async (recipe) => {
    const run = await makepkg(recipeDirectory(recipe), ["--printsrcinfo"]);
    expect(run).toEqual({ code: 0, stderr: "", stdout: readRecipe(recipe, "SRCINFO") });
  });

  it.each(recipes)(
    "of %s as of a release is what the catalog makes of its .SRCINFO, on any architecture",
    async (recipe) => {
      const [pkgbuild, srcinfo] = [readRecipe(recipe, "PKGBUILD"), readRecipe(recipe, "SRCINFO")];
      // Each run takes half a second. The two sources of a build differ in one line, so each is read for one machine.
      const versions = recipe.includes("premium")
        ? binariesOf(srcinfo).map((binaries) => ({ binaries, archive: null, machines: ARCHITECTURES }))
        : [null, ARCHIVE].map((archive, at) => ({ binaries: [], archive, machines: ARCHITECTURES.slice(at, at + 1) }));
      for (const { binaries, archive, machines } of versions) {
        const source = { tag: "v2.10.0", commit: "a".repeat(40), archive };
        const version = { pkgver: "2.10.0", source, binaries };
        const text = renderRecipe({ pkgbuild, srcinfo }, version, "http://localhost:8787");
        const directory = workDirectory();
        writeFileSync(join(directory, "PKGBUILD"), text.pkgbuild);
        for (const CARCH of machines) {
          const run = await makepkg(directory, ["--printsrcinfo"], { CARCH });
          expect(run).toEqual({ code: 0, stderr: "", stdout: text.srcinfo });
        }
      }
    },
  );

  it("of a recipe knows nothing of its signature, of which a shell gets every byte", async () => {
    const [pkgbuild, srcinfo] = [readRecipe(CUDA, "PKGBUILD"), readRecipe(CUDA, "SRCINFO")];
    const [binaries = []] = binariesOf(srcinfo);
    const version = { pkgver: "1.0.0", source: null, binaries };
    const text = renderRecipe({ pkgbuild, srcinfo }, version, "https://catalog.test");
    expect(text.srcinfo).not.toContain("RUS");
    const argument = /signature=('[^']*')/.exec(text.pkgbuild)?.[1];
    const run = await runAsUser(workDirectory(), ["bash", "-c", `printf '%b' ${argument}`]);
    expect(run).toEqual({ code: 0, stderr: "", stdout: SIGNATURE });
  });

  it("follows RBEE_CATALOG_URL for what is sold", async () => {
    const env = { RBEE_CATALOG_URL: "http://localhost:8787" };
    const run = await makepkg(recipeDirectory(CUDA), ["--printsrcinfo"], env);
    expect(run.stdout).toContain("::http://localhost:8787/v1/workers/llm-worker-rbee-premium-cuda/0.0.0/files/");
  });
});
