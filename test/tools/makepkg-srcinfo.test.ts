import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { makepkg, makepkgMissing, recipeDirectory, recipePath, recipes } from "./makepkg.ts";

describe.skipIf(makepkgMissing !== null)("real makepkg --printsrcinfo", () => {
  it.each(recipes)("of %s is its .SRCINFO, byte for byte", async (recipe) => {
    const run = await makepkg(recipeDirectory(recipe), ["--printsrcinfo"]);
    expect(run).toEqual({ code: 0, stderr: "", stdout: readFileSync(recipePath(recipe, "SRCINFO"), "utf8") });
  });

  it("follows RBEE_CATALOG_URL for what is sold", async () => {
    const env = { RBEE_CATALOG_URL: "http://localhost:8787" };
    const run = await makepkg(recipeDirectory("llm-worker-premium-cuda"), ["--printsrcinfo"], env);
    expect(run.stdout).toContain("::http://localhost:8787/v1/workers/llm-worker-rbee-premium-cuda/1.0.0/files/");
  });
});
