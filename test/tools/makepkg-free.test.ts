import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderRecipe } from "../../src/domain/workers/recipe-rendering.ts";
import { hiveSources, parseAsHive } from "../support/hive-parser.ts";
import { fetchAsHive } from "../support/node/hive-fetch.ts";
import { installed } from "../support/node/installed.ts";
import { makepkg, makepkgMissing, recipePath } from "../support/node/makepkg.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { byHive } from "../support/node/recipe-run.ts";
import { type GitHub, startGitHub } from "../support/node/upstream/github.ts";

/**
 * Builds the free recipes with the real git, makepkg and cargo, and as a hive does. The repositories have upstream's
 * submodules; see test/support/node/upstream.
 */
const BACKENDS = ["cpu", "cuda", "metal", "rocm"] as const;
const FAMILIES = { "llm-worker": "llm-worker-rbee", "sd-worker": "sd-worker-rbee" } as const;
const RECIPES = Object.entries(FAMILIES).flatMap(([prefix, family]) =>
  BACKENDS.map((backend) => ({ recipe: `${prefix}-${backend}`, id: `${family}-${backend}`, family, backend })),
);
type Free = (typeof RECIPES)[number];

const free = (recipe: string): Free => {
  const found = RECIPES.find((one) => one.recipe === recipe);
  if (!found) throw new Error("no such recipe");
  return found;
};

/** Programs of the toolkits, which no test machine has. */
const TOOLS = {
  nvcc: "echo 'Cuda compilation tools, release 13.4, V13.4.1'",
  "nvidia-smi": "echo 8.6",
  hipcc: ":",
};

const CARGO = "/usr/bin/cargo";
const cargoInstalled = installed(CARGO, "openssl", "timeout");

let github: GitHub;
beforeEach(async () => {
  github = await startGitHub();
});
afterEach(() => github.close());

/** A folder with the recipe, changed by `change`, and the environment of its run. */
function workspace({ recipe }: Free, change = (text: string) => text, tools: Record<string, string> = TOOLS) {
  const directory = workDirectory();
  const pkgbuild = change(readFileSync(recipePath(recipe, "PKGBUILD"), "utf8"));
  writeFileSync(join(directory, "PKGBUILD"), pkgbuild);
  mkdirSync(join(directory, "bin"));
  for (const [program, text] of Object.entries(tools)) {
    writeFileSync(join(directory, "bin", program), `#!/bin/sh\n${text}\n`);
    chmodSync(join(directory, "bin", program), 0o755);
  }
  const env: Record<string, string> = {
    ...github.env,
    PATH: `${directory}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    CARGO_NET_OFFLINE: "true",
    // As a developer may have it: the recipe must find its result all the same.
    CARGO_TARGET_DIR: `${directory}/elsewhere`,
  };
  return { directory, pkgbuild, env };
}

type Workspace = ReturnType<typeof workspace>;

const withMakepkg = ({ directory, env }: Workspace): Promise<Run> =>
  makepkg(directory, ["--noarchive", "--nodeps", "--ignorearch"], env);

const asHive =
  (sourcesOf: (recipe: ReturnType<typeof parseAsHive>) => string[]) =>
  async ({ directory, pkgbuild, env }: Workspace): Promise<Run> => {
    const srcdir = join(directory, "src");
    await runAsUser(directory, ["mkdir", "-p", srcdir]);
    const fetched = await fetchAsHive(directory, sourcesOf(parseAsHive(pkgbuild)), srcdir, env);
    return fetched.code === 0 ? byHive(directory, pkgbuild, env) : fetched;
  };

const CLIENTS = [
  ["real makepkg", withMakepkg, makepkgMissing],
  ["a hive", asHive(hiveSources.inUse), null],
] as const;

describe.skipIf(!cargoInstalled).each(CLIENTS)("%s", (_, build, missing) => {
  const binary = ({ directory }: Workspace, { id }: Free) => join(directory, "pkg", id, "usr/local/bin", id);

  it.skipIf(missing !== null).each(RECIPES)("builds $id from what cargo needs, without an SSH key", async (worker) => {
    const place = workspace(worker);
    const run = await build(place);
    expect(run.code, run.stderr).toBe(0);
    const ran = await runAsUser(place.directory, [binary(place, worker)]);
    expect(ran.stdout).toBe(`${worker.family} on ${worker.backend}\n`);
    // Only the feature cuda of llm-worker-rbee includes flash attention.
    const cutlass = worker.id === "llm-worker-rbee-cuda" ? ["NVIDIA/cutlass"] : [];
    expect(github.asked()).toEqual(["rbee-keeper/rbee", "veighnsche/candle", "veighnsche/rocm-rs", ...cutlass]);
    expect(github.triedSsh()).toBe(false);
  });

  it.skipIf(missing !== null)("does not build llm-worker-rbee-cuda without CUTLASS", async () => {
    const worker = free("llm-worker-cuda");
    const place = workspace(worker, (text) =>
      text.replace(/^ *git -C deps\/candle .* candle-flash-attn\/cutlass$/m, ":"),
    );
    const run = await build(place);
    expect(run.code).not.toBe(0);
    expect(`${run.stdout}${run.stderr}`).toContain("cutlass/cutlass.h: No such file or directory");
    expect(existsSync(binary(place, worker))).toBe(false);
  });

  it.skipIf(missing !== null).each(["llm-worker-cuda", "sd-worker-cpu"])(
    "builds %s if rocm-rs is not public, without a question for a password",
    async (recipe) => {
      github.hide("veighnsche/rocm-rs");
      const worker = free(recipe);
      const place = workspace(worker);
      const askpass = join(place.directory, "bin/askpass");
      writeFileSync(askpass, `#!/bin/sh\ntouch ${place.directory}/asked\n`);
      chmodSync(askpass, 0o755);
      const run = await build({ ...place, env: { ...place.env, GIT_ASKPASS: askpass, SSH_ASKPASS: askpass } });
      expect(run.code, run.stderr).toBe(0);
      expect((await runAsUser(place.directory, [binary(place, worker)])).stdout).toContain(worker.backend);
      expect(existsSync(join(place.directory, "asked"))).toBe(false);
    },
  );

  it.skipIf(missing !== null)("says that ROCm's bindings are missing if they are not public", async () => {
    github.hide("veighnsche/rocm-rs");
    const run = await build(workspace(free("llm-worker-rocm")));
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("rbee: llm-worker-rbee-rocm was not built: its bindings for ROCm (deps/rocm-rs)");
  });
});

describe.skipIf(!cargoInstalled)("a hive", () => {
  const build = asHive(hiveSources.inUse);

  it.each([
    ["llm-worker-cuda", { "nvidia-smi": ":" }, "the compiler of the CUDA toolkit (nvcc) is missing"],
    ["sd-worker-cuda", { nvcc: ":" }, "nvidia-smi is missing, which names the GPU to compile for"],
    ["sd-worker-rocm", {}, "the compiler of ROCm (hipcc) is missing"],
  ])("says which tool %s lacks before it fetches a submodule", async (recipe, tools, words) => {
    // The test machine may have them.
    const place = workspace(free(recipe), (text) => text.replace(/^ {2}export PATH=.*$/m, "  :"), tools);
    const run = await build({ ...place, env: { ...place.env, PATH: `${place.directory}/bin:/usr/bin:/bin` } });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain(`rbee: ${free(recipe).id} was not built: ${words}`);
    expect(github.asked()).toEqual(["rbee-keeper/rbee"]);
  });

  it("of the newer kind, which looks for sources of its architecture first, builds a recipe without them", async () => {
    const run = await asHive((recipe) => hiveSources.newer(recipe, "x86_64"))(workspace(free("llm-worker-cuda")));
    expect(run.code, run.stderr).toBe(0);
  });

  it("is sent to SSH if the source has no port", async () => {
    const run = await build(
      workspace(free("llm-worker-cpu"), (text) => text.replace("github.com:443/", "github.com/")),
    );
    expect(run.code).not.toBe(0);
    expect([github.triedSsh(), github.asked()]).toEqual([true, []]);
  });
});

describe.skipIf(!cargoInstalled)("the model of upstream", () => {
  it("refuses an update of all submodules, as git does for Candle's gitlink without an address", async () => {
    const { directory, env } = workspace(free("llm-worker-cpu"));
    const clone = [
      "git",
      "clone",
      "-q",
      "--branch",
      "rocm-support",
      "https://github.com/veighnsche/candle.git",
      "candle",
    ];
    expect(await runAsUser(directory, clone, env)).toMatchObject({ code: 0 });
    const run = await runAsUser(join(directory, "candle"), ["git", "submodule", "update", "--init"], env);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("No url found for submodule path 'candle-flash-rocm/ck' in .gitmodules");
  });
});

describe.skipIf(!cargoInstalled || makepkgMissing !== null)("real makepkg", () => {
  it("builds a release without a tag from the branch", async () => {
    const version = { pkgver: "1.2.0", source: null, binaries: [] };
    const place = workspace(free("llm-worker-cpu"), (pkgbuild) => {
      return renderRecipe({ pkgbuild, srcinfo: "" }, version, "https://catalog.test").pkgbuild;
    });
    const run = await withMakepkg(place);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain("llm-worker-rbee-cpu 1.2.0-1");
    const head = await runAsUser(join(place.directory, "src/rbee"), ["git", "log", "-1", "--format=%s"]);
    expect(head.stdout).toBe("later\n");
  });

  it("tells cudarc to take a toolkit that it does not know for the newest that it knows", async () => {
    const print = (text: string) =>
      text.replace(/^ {2}cargo build.*$/m, "  printenv CUDARC_CUDA_VERSION || echo itself; false");
    for (const [release, expected] of [
      ["12.8", "itself\n"],
      ["13.0", "itself\n"],
      ["13.4", "13000\n"],
    ]) {
      const tools = { ...TOOLS, nvcc: `echo 'Cuda compilation tools, release ${release}, V${release}.1'` };
      const run = await withMakepkg(workspace(free("sd-worker-cuda"), print, tools));
      expect(run.stdout).toContain(expected);
    }
  });
});
