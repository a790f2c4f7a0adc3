import { join } from "node:path";
import { hiveScript, parseAsHive } from "../hive-parser.ts";
import { makepkg } from "./makepkg.ts";
import { type Run, runAsUser } from "./ordinary-user.ts";

/** A program that runs the recipe in a directory, where it is called PKGBUILD and has the text `pkgbuild`. */
export type RecipeRun = (directory: string, pkgbuild: string, env: Record<string, string>) => Promise<Run>;

export const byMakepkg: RecipeRun = (directory, _, env) =>
  makepkg(directory, ["--noarchive", "--nodeps", "--force"], env);

/** As a hive does once it has the sources: build(), then package(), each in the environment of the hive. */
export const byHive: RecipeRun = async (directory, pkgbuild, env) => {
  const recipe = parseAsHive(pkgbuild);
  const [srcdir, pkgdir] = [join(directory, "src"), join(directory, "pkg", recipe.values.get("pkgname") ?? "")];
  await runAsUser(directory, ["mkdir", "-p", srcdir, pkgdir]);
  let run: Run = { code: 0, stdout: "", stderr: "" };
  for (const body of [recipe.build, recipe.package]) {
    run = await runAsUser(directory, ["bash", "-c", hiveScript(recipe, body ?? "", srcdir, pkgdir)], env);
    if (run.code !== 0) return run;
  }
  return run;
};
