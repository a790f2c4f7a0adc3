import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderRecipe } from "../../src/domain/workers/recipe-rendering.ts";
import { hiveScript, hiveSources, parseAsHive } from "../support/hive-parser.ts";
import { fetchAsHive } from "../support/node/hive-fetch.ts";
import { makepkg, makepkgMissing, recipeDirectory } from "../support/node/makepkg.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

/**
 * Builds a release of a free worker whose commit is signed, from a repository that an attacker can write to: with the
 * real makepkg and git, and as a hive does. A script replaces cargo; it runs code of the tree, as build.rs would.
 */
const SETUP = `
set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a.test GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a.test
git init -q -b development rbee
cd rbee
echo honest > build && git add . && git commit -q -m one
git tag v1.2.0
git tag -a -m "version" annotated
echo later > build && git commit -q -a -m later
git checkout -q --detach v1.2.0
echo hostile > build && git commit -q -a -m hostile
git update-ref refs/pull/1/head HEAD
git checkout -q development
`;

/** Acts of an attacker who may push to the repository, or open a pull request. */
const HOSTILE = "refs/pull/1/head";
const ATTACKS = {
  nothing: "true",
  "a branch with the tag's name": `git branch v1.2.0 ${HOSTILE}`,
  "a branch with the tag's whole reference name": `git update-ref refs/heads/refs/tags/v1.2.0 ${HOSTILE}`,
  "a moved tag": `git tag -f v1.2.0 ${HOSTILE}`,
  "a moved tag that is annotated": `git -c user.name=a -c user.email=a@a.test tag -f -a -m x v1.2.0 ${HOSTILE}`,
  "a tag of another's name": `git tag -d v1.2.0; git update-ref refs/tags/v1.2.0 ${HOSTILE}`,
};
type Attack = keyof typeof ATTACKS;

const CARGO = `#!/bin/sh
set -e
for binary in "$@"; do :; done
mkdir -p "$CARGO_TARGET_DIR/release"
cp build "$CARGO_TARGET_DIR/release/$binary"
cp build "$HOME/ran"
`;

const ID = "llm-worker-rbee-cpu";

/** A folder with the recipe of a release of `tag` at `commit`, and an environment where the repository is GitHub. */
async function workspace(attack: Attack, { tag = "v1.2.0", commit = "v1.2.0^{commit}" } = {}) {
  const directory = recipeDirectory("llm-worker-cpu");
  const origin = workDirectory();
  expect(await runAsUser(origin, ["bash", "-c", SETUP])).toMatchObject({ code: 0 });
  const signed = await runAsUser(join(origin, "rbee"), ["git", "rev-parse", commit]);
  const attacked = await runAsUser(join(origin, "rbee"), ["bash", "-c", ATTACKS[attack]]);
  expect(attacked.code, attacked.stderr).toBe(0);
  const recipe = { pkgbuild: readFileSync(join(directory, "PKGBUILD"), "utf8"), srcinfo: "" };
  const source = { tag, commit: signed.stdout.trim(), archive: null };
  const { pkgbuild } = renderRecipe(recipe, { pkgver: "1.2.0", source, binaries: [] }, "https://catalog.test");
  writeFileSync(join(directory, "PKGBUILD"), pkgbuild);
  mkdirSync(join(directory, "bin"));
  writeFileSync(join(directory, "bin/cargo"), CARGO);
  chmodSync(join(directory, "bin/cargo"), 0o755);
  const env: Record<string, string> = {
    PATH: `${directory}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `url.file://${origin}/rbee.insteadOf`,
    GIT_CONFIG_VALUE_0: "https://github.com:443/rbee-keeper/rbee.git",
  };
  return { directory, env, pkgbuild, commit: source.commit };
}

type Workspace = Awaited<ReturnType<typeof workspace>>;

const withMakepkg = ({ directory, env }: Workspace): Promise<Run> =>
  makepkg(directory, ["--noarchive", "--nodeps"], env);

async function asHive({ directory, env, pkgbuild }: Workspace): Promise<Run> {
  const recipe = parseAsHive(pkgbuild);
  const [srcdir, pkgdir] = [join(directory, "src"), join(directory, "pkg", ID)];
  await runAsUser(directory, ["mkdir", "-p", srcdir, pkgdir]);
  const fetched = await fetchAsHive(directory, hiveSources.inUse(recipe), srcdir, env);
  if (fetched.code !== 0) return fetched;
  for (const body of [recipe.build, recipe.package]) {
    const run = await runAsUser(directory, ["bash", "-c", hiveScript(recipe, body ?? "", srcdir, pkgdir)], env);
    if (run.code !== 0) return run;
  }
  return { code: 0, stdout: "", stderr: "" };
}

describe.each([
  ["real makepkg", withMakepkg, makepkgMissing],
  ["a hive", asHive, null],
] as const)("%s", (client, build, missing) => {
  const installed = ({ directory }: Workspace) => join(directory, "pkg", ID, "usr/local/bin", ID);

  it.skipIf(missing !== null).each([
    ["a plain tag", "nothing", "v1.2.0"],
    ["an annotated tag", "nothing", "annotated"],
    ["its tag beside a branch with its whole reference name", "a branch with the tag's whole reference name", "v1.2.0"],
  ] as const)("builds the signed commit of %s", async (_, attack, tag) => {
    const place = await workspace(attack, { tag });
    const run = await build(place);
    expect(run.code, run.stderr).toBe(0);
    expect(readFileSync(installed(place), "utf8")).toBe("honest\n");
  });

  it
    .skipIf(missing !== null)
    .each(["a moved tag", "a moved tag that is annotated", "a tag of another's name"] as const)(
    "refuses %s in words, and runs nothing of it",
    async (attack) => {
      const place = await workspace(attack);
      const run = await build(place);
      expect(run.code).not.toBe(0);
      expect(run.stderr).toContain(`rbee: the source of ${ID} 1.2.0 is not the signed one.`);
      expect(run.stderr).toContain(`Its publisher signed commit ${place.commit} of the tag v1.2.0, but commit`);
      expect(existsSync(join(place.directory, "ran"))).toBe(false);
      expect(existsSync(installed(place))).toBe(false);
    },
  );

  it.skipIf(missing !== null)("never builds a branch with the tag's name", async () => {
    const place = await workspace("a branch with the tag's name");
    const run = await build(place);
    // git clone --branch prefers the branch, so a hive has to refuse. makepkg gets the whole name of the tag.
    expect(run.code === 0).toBe(client === "real makepkg");
    if (run.code !== 0) expect(run.stderr).toContain("is not the signed one");
    const ran = join(place.directory, "ran");
    expect(existsSync(ran) && readFileSync(ran, "utf8")).toBe(run.code === 0 ? "honest\n" : false);
  });
});
