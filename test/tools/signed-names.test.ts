import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blake2b } from "@noble/hashes/blake2.js";
import { beforeAll, describe, expect, it } from "vitest";
import { renderRecipe } from "../../src/domain/workers/recipe-rendering.ts";
import { encodeMinisignPublicKey, formatMinisignSignature } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, type MinisignSecretKey, signMinisign } from "../../src/lib/minisign/secret-key.ts";
import { formatTrustedComment } from "../../src/lib/minisign/text.ts";
import { serve } from "../support/node/http-server.ts";
import { assembledScript } from "../support/node/install-script.ts";
import { installed } from "../support/node/installed.ts";
import { makepkgMissing, recipePath } from "../support/node/makepkg.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { byHive, byMakepkg } from "../support/node/recipe-run.ts";

/** Clients and signatures that are valid, but were made for something else. Real minisign checks them. */
const ID = "llm-worker-rbee-premium-cpu";
const FILE = `${ID}-linux-x86_64`;
const BYTES = Buffer.from("#!/bin/sh\necho a worker\n");
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
const NAMES = { file: FILE, worker: ID, version: "1.0.20" };

/** The request for the build that fits a machine, and the catalog's answer (docs/api.md). */
const RESOLVE = "/v1/workers/resolve";
const CHOICE = JSON.stringify({
  choice: { worker_id: ID, version: NAMES.version, platform: "linux-x86_64", filename: FILE },
  ...{ why: "It fits.", untried: [], ruled_out: [] },
});

let key: MinisignSecretKey;
beforeAll(async () => {
  key = await generateMinisignKey();
});

const sign = async (comment: string): Promise<string> =>
  formatMinisignSignature(await signMinisign(key, new Uint8Array(blake2b(BYTES)), comment));

/** Comments that every client refuses, and a part of what it says. */
const FOREIGN: [string, Record<string, string>, string][] = [
  ["another version", { ...NAMES, version: "1.0.0" }, "version 1.0.0"],
  ["another worker", { ...NAMES, worker: "llm-worker-rbee-cpu" }, "worker llm-worker-rbee-cpu"],
  ["another file", { ...NAMES, file: `${ID}-linux-aarch64` }, `file ${ID}-linux-aarch64`],
];

/** Comments that lack a name, as minisign's own do. */
const NAMELESS: [string, string][] = [
  ["no name", "timestamp:1700000000\thashed"],
  ["its file alone", `timestamp:1700000000\tfile:${FILE}\thashed`],
  ["no version", formatTrustedComment({ file: FILE, worker: ID })],
];

/** Runs a client on the file with a signature: its exit code, its words, and whether it installed the file. */
type Client = (signature: string, bound: boolean) => Promise<{ code: number | null; stderr: string; done: boolean }>;

const byRecipe =
  (run: typeof byMakepkg): Client =>
  async (text, bound) => {
    const recipe = { pkgbuild: readFileSync(recipePath("llm-worker-premium-cpu", "PKGBUILD"), "utf8"), srcinfo: "" };
    const signature = { text, key: encodeMinisignPublicKey(key), bound };
    const binary = { architecture: "x86_64", filename: FILE, sha256: SHA256, signature } as const;
    const version = { pkgver: NAMES.version, source: null, binaries: [binary] };
    const { pkgbuild } = renderRecipe(recipe, version, "https://catalog.test");
    const directory = workDirectory();
    writeFileSync(join(directory, "PKGBUILD"), pkgbuild);
    await runAsUser(directory, ["mkdir", "src"]);
    // The file is there already, so nothing is downloaded.
    for (const folder of ["", "src/"])
      writeFileSync(join(directory, `${folder}${ID}-${NAMES.version}-linux-x86_64`), BYTES);
    const { code, stderr } = await run(directory, pkgbuild, {});
    return { code, stderr, done: existsSync(join(directory, "pkg", ID, "usr/local/bin", ID)) };
  };

const byScript: Client = async (text, bound) => {
  const home = workDirectory();
  const server = await serve((request, response) => {
    if (request.url === "/sig") response.end(text);
    else if (request.url === "/file") response.end(BYTES);
    else if (request.url === RESOLVE) response.end(CHOICE);
    else {
      const [signature_url, download_url] = [`${server.url}/sig`, `${server.url}/file`];
      const facts = { worker_id: ID, version: NAMES.version, filename: FILE, sha256: SHA256, size: BYTES.length };
      response.end(JSON.stringify({ ...facts, signature_url, download_url }));
    }
  });
  writeFileSync(join(home, "install.sh"), assembledScript(server.url, [encodeMinisignPublicKey(key)], bound));
  const { code, stderr } = await runAsUser(home, ["dash", "install.sh", ID, "--version", NAMES.version]);
  server.close();
  return { code, stderr, done: existsSync(join(home, ".cache/rbee/workers", ID)) };
};

describe.runIf(installed("curl", "dash"))("install.sh", () => {
  it.each([
    ["version 1.0.0 instead of 1.0.20", { version: "1.0.0" }],
    ["for llm-worker-rbee-cpu instead of", { worker_id: "llm-worker-rbee-cpu" }],
  ])("refuses an answer %s", async (words, facts) => {
    const home = workDirectory();
    const server = await serve((request, response) => {
      if (request.url === RESOLVE) return response.end(CHOICE);
      const answer = { worker_id: ID, version: NAMES.version, filename: FILE, sha256: SHA256, size: BYTES.length };
      const links = { signature_url: "https://example.invalid", download_url: "" };
      return response.end(JSON.stringify({ ...answer, ...facts, ...links }));
    });
    writeFileSync(join(home, "install.sh"), assembledScript(server.url));
    const run = await runAsUser(home, ["dash", "install.sh", "premium-cpu", "--version", NAMES.version]);
    server.close();
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining(words)]);
  });

  it("names an answer without a choice as unexpected", async () => {
    const home = workDirectory();
    const server = await serve((_, response) => response.end("<html>Sign in to this network</html>"));
    writeFileSync(join(home, "install.sh"), assembledScript(server.url));
    const run = await runAsUser(home, ["dash", "install.sh", ID]);
    server.close();
    expect([run.code, run.stderr]).toEqual([1, `rbee: ${server.url} sent an unexpected answer.\n`]);
  });
});

const minisign = installed("minisign");

describe.each([
  ["the premium recipe in makepkg", byRecipe(byMakepkg), minisign && makepkgMissing === null],
  ["the premium recipe in a hive", byRecipe(byHive), minisign],
  ["install.sh", byScript, minisign && installed("curl", "dash")],
] as const)("%s", (_, client, runs) => {
  it.runIf(runs).each([true, false])("installs a file whose signature names it (bound: %s)", async (bound) => {
    const { code, stderr, done } = await client(await sign(formatTrustedComment(NAMES)), bound);
    expect([code, done], stderr).toEqual([0, true]);
  });

  it.runIf(runs).each(FOREIGN)("refuses the valid signature of %s in words", async (_what, names, words) => {
    for (const bound of [true, false]) {
      const { code, stderr, done } = await client(await sign(formatTrustedComment(names)), bound);
      expect([code === 0, done]).toEqual([false, false]);
      expect(stderr).toContain(`its signature was made for ${words}, not `);
    }
  });

  it.runIf(runs).each(NAMELESS)("refuses a signature with %s where all are bound", async (_what, comment) => {
    const refused = await client(await sign(comment), true);
    expect([refused.code === 0, refused.done]).toEqual([false, false]);
    expect(refused.stderr).toMatch(/its signature was made for (?:file|worker|version) \(not named\), not /);
    const accepted = await client(await sign(comment), false);
    expect([accepted.code, accepted.done], accepted.stderr).toEqual([0, true]);
  });

  it.runIf(runs)("refuses a comment that names two versions", async () => {
    const both = `${formatTrustedComment(NAMES)}\tversion:1.0.0`;
    expect(await client(await sign(both), false)).toMatchObject({ done: false });
  });
});
