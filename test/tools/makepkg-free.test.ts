import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderRecipe } from "../../src/domain/workers/recipe-rendering.ts";
import { hiveScript, parseAsHive } from "../support/hive-parser.ts";
import { makepkg, makepkgMissing, recipeDirectory, recipePath } from "../support/node/makepkg.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

/**
 * Runs the free recipes as makepkg and as a hive does. Real git clones a small repository with the workspace's shape;
 * its Candle is a submodule behind an SSH address. A script replaces cargo and prints its arguments.
 */
const FREE = ["cpu", "cuda", "metal"];

const SETUP = `
set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a.test GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a.test
mkdir github && cd github
git init -q -b main candle
touch candle/Cargo.toml
git -C candle add . && git -C candle commit -q -m candle
git init -q -b development rbee
cd rbee
touch Cargo.toml
git -c protocol.file.allow=always submodule --quiet add "$PWD/../candle" deps/candle
git config -f .gitmodules submodule.deps/candle.url git@github.com:someone/candle.git
git add . && git commit -q -m rbee && git tag v1.2.0
touch later && git add . && git commit -q -m later
`;

const CARGO = `#!/bin/sh
set -e
test -f deps/candle/Cargo.toml
for binary in "$@"; do :; done
mkdir -p "$CARGO_TARGET_DIR/release"
printf '#!/bin/sh\\necho %s\\n' "$*" > "$CARGO_TARGET_DIR/release/$binary"
`;

let repositories: Promise<string> | undefined;

/** The folder of the two repositories, which the first test makes and no test changes. */
const github = (): Promise<string> => {
  repositories ??= (async () => {
    const folder = workDirectory();
    expect(await runAsUser(folder, ["bash", "-c", SETUP])).toMatchObject({ code: 0 });
    return join(folder, "github");
  })();
  return repositories;
};

/** Makes a directory with the recipe and the script, and an environment in which the repositories stand for GitHub. */
async function workspace(variant: string): Promise<{ directory: string; env: Record<string, string> }> {
  const directory = recipeDirectory(`llm-worker-${variant}`);
  const rewrites = {
    [`url.file://${await github()}/rbee.insteadOf`]: "https://github.com:443/rbee-keeper/rbee.git",
    [`url.file://${await github()}/candle.insteadOf`]: "git@github.com:someone/candle.git",
    "protocol.file.allow": "always",
  };
  const env: Record<string, string> = {
    GIT_CONFIG_COUNT: String(Object.keys(rewrites).length),
    PATH: `${directory}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    // As a developer may have it: the recipe must find its result all the same.
    CARGO_TARGET_DIR: `${directory}/elsewhere`,
  };
  for (const [index, [key, value]] of Object.entries(rewrites).entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  mkdirSync(join(directory, "bin"));
  for (const [program, text] of Object.entries({ cargo: CARGO, nvcc: "#!/bin/sh\n", "nvidia-smi": "#!/bin/sh\n" })) {
    writeFileSync(join(directory, "bin", program), text);
    chmodSync(join(directory, "bin", program), 0o755);
  }
  return { directory, env };
}

const asked = (variant: string) =>
  `build --release -p llm-worker-rbee --no-default-features --features ${variant} --bin llm-worker-rbee-${variant}\n`;

describe.skipIf(makepkgMissing !== null)("real makepkg", () => {
  it.each(FREE)("builds and installs %s", async (variant) => {
    const { directory, env } = await workspace(variant);
    const options = ["--noarchive", "--nodeps", ...(variant === "metal" ? ["--ignorearch"] : [])];
    const run = await makepkg(directory, options, env);
    expect(run.code, run.stderr).toBe(0);
    const binary = join(directory, `pkg/llm-worker-rbee-${variant}/usr/local/bin/llm-worker-rbee-${variant}`);
    expect((await runAsUser(directory, [binary])).stdout).toBe(asked(variant));
  });

  it("builds a release without a tag from the branch", async () => {
    const { directory, env } = await workspace("cpu");
    const path = join(directory, "PKGBUILD");
    const recipe = { pkgbuild: readFileSync(path, "utf8"), srcinfo: "" };
    const version = { pkgver: "1.2.0", source: null, binaries: [] };
    writeFileSync(path, renderRecipe(recipe, version, "https://catalog.test").pkgbuild);
    const run = await makepkg(directory, ["--noarchive", "--nodeps"], env);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain("llm-worker-rbee-cpu 1.2.0-1");
    expect(existsSync(join(directory, "src/rbee/later"))).toBe(true);
  });
});

describe("a hive", () => {
  it.each(FREE)("builds and installs %s", async (variant) => {
    const { directory, env } = await workspace(variant);
    const recipe = parseAsHive(readFileSync(recipePath(`llm-worker-${variant}`, "PKGBUILD"), "utf8"));
    const [url, branch] = recipe.arrays.get("source")?.[0]?.replace("git+", "").split("#branch=") ?? [];
    const clone = `mkdir src pkg && git clone --depth 1 --branch ${branch} ${url} src/rbee`;
    expect(await runAsUser(directory, ["bash", "-c", clone], env)).toMatchObject({ code: 0 });
    for (const body of [recipe.build, recipe.package]) {
      const script = hiveScript(recipe, body ?? "", join(directory, "src"), join(directory, "pkg"));
      const run = await runAsUser(directory, ["bash", "-c", script], env);
      expect(run.code, run.stderr).toBe(0);
    }
    const binary = join(directory, `pkg/usr/local/bin/llm-worker-rbee-${variant}`);
    expect((await runAsUser(directory, [binary])).stdout).toBe(asked(variant));
  });
});
