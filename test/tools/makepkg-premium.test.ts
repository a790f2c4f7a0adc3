import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hiveScript, parseAsHive } from "../catalog/hive-parser.ts";
import { makepkg, makepkgMissing, recipeDirectory, recipePath } from "./makepkg.ts";
import { type Run, runAsUser, workDirectory } from "./ordinary-user.ts";

/**
 * The premium recipe as makepkg and as a hive runs it, against a catalog that follows the contract of `download` and
 * `files`. What is under test is the recipe; test/end-to-end installs from the real service.
 */
const RECIPE = "llm-worker-premium-cpu";
const ID = "llm-worker-rbee-premium-cpu";
const TOKEN = "header.payload.signature";
const BINARY = Buffer.from("#!/bin/sh\necho a premium worker\n");
const SHA256 = createHash("sha256").update(BINARY).digest("hex");
const DETAIL = "The token has expired; ask for a new one.";

let catalog: Server;
let origin = "";
let served = BINARY;
let requests: { path: string; machine: string | undefined }[] = [];

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", origin);
  const machine = request.headers["rbee-machine"];
  requests.push({ path: pathname, machine: typeof machine === "string" ? machine : undefined });
  if (pathname === "/dl/opaque") {
    response.end(served);
  } else if (request.headers.authorization !== `Bearer ${TOKEN}`) {
    response.writeHead(401, { "Content-Type": "application/problem+json" });
    response.end(JSON.stringify({ title: "The token has expired", detail: DETAIL, code: "TOKEN_EXPIRED" }));
  } else if (pathname === `/v1/workers/${ID}/1.0.0/files/${ID}-linux-x86_64`) {
    response.writeHead(302, { Location: "/dl/opaque" }).end();
  } else if (pathname === `/v1/workers/${ID}/1.0.0/download` && searchParams.get("platform") === "linux-x86_64") {
    const body = {
      download_url: `${origin}/dl/opaque`,
      size: BINARY.length,
      sha256: SHA256,
      checksum: `sha256:${SHA256}`,
    };
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  } else {
    response.writeHead(404).end();
  }
}

beforeAll(async () => {
  catalog = createServer(answer);
  await new Promise<void>((resolve) => catalog.listen(0, "127.0.0.1", resolve));
  const address = catalog.address();
  if (address === null || typeof address === "string") throw new Error("The test's catalog has no port");
  origin = `http://127.0.0.1:${address.port}`;
});

afterAll(() => {
  catalog.close();
});

beforeEach(() => {
  served = BINARY;
  requests = [];
});

type Installer = {
  install: (directory: string, env: Record<string, string>) => Promise<Run>;
  installed: (directory: string) => string;
};

const MAKEPKG: Installer = {
  install: (directory, env) =>
    makepkg(directory, ["--noarchive", "--nodeps", "--force"], { RBEE_CATALOG_URL: origin, ...env }),
  installed: (directory) => join(directory, "pkg", ID, "usr/local/bin", ID),
};

/** A hive has no source to fetch, keeps the environment it was started in, and knows its catalog by its own variable. */
const HIVE: Installer = {
  install: async (directory, env) => {
    const recipe = parseAsHive(readFileSync(recipePath(RECIPE, "PKGBUILD"), "utf8"));
    const [srcdir, pkgdir] = [join(directory, "src"), join(directory, "pkg")];
    let run: Run = { code: 0, stdout: "", stderr: "" };
    await runAsUser(directory, ["mkdir", "-p", srcdir, pkgdir]);
    for (const [phase, body] of Object.entries({ build: recipe.build, package: recipe.package })) {
      const script = join(directory, `${phase}.sh`);
      writeFileSync(script, hiveScript(recipe, body ?? "", srcdir, pkgdir));
      run = await runAsUser(directory, ["bash", script], { WORKER_CATALOG_URL: origin, ...env });
      if (run.code !== 0) break;
    }
    return run;
  },
  installed: (directory) => join(directory, "pkg/usr/local/bin", ID),
};

function installs({ install, installed }: Installer): void {
  it("installs the binary, unchanged, with a token", async () => {
    const directory = recipeDirectory(RECIPE);
    const run = await install(directory, { RBEE_LICENSE_TOKEN: TOKEN });
    expect(run.code).toBe(0);
    expect(readFileSync(installed(directory))).toEqual(BINARY);
    expect((await runAsUser(directory, [installed(directory)])).stdout).toBe("a premium worker\n");
    expect(requests.every(({ machine }) => machine === undefined)).toBe(true);
    expect(`${run.stdout}${run.stderr}`).not.toContain(TOKEN);
  });

  it("names the machine when the environment does", async () => {
    const run = await install(recipeDirectory(RECIPE), { RBEE_LICENSE_TOKEN: TOKEN, RBEE_MACHINE: "hive-7" });
    expect(run.code).toBe(0);
    expect(new Set(requests.filter(({ path }) => !path.startsWith("/dl/")).map(({ machine }) => machine))).toEqual(
      new Set(["hive-7"]),
    );
  });

  it.each([{}, { RBEE_LICENSE_TOKEN: "expired" }])("tells what to do when refused with %o", async (env) => {
    const directory = recipeDirectory(RECIPE);
    const run = await install(directory, env);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toMatch(/set RBEE_LICENSE_TOKEN to a license token that covers llm-worker-rbee-premium-cpu/i);
    expect(existsSync(installed(directory))).toBe(false);
  });

  it("refuses a file that is not what the catalog states, and gets it anew the next time", async () => {
    const directory = recipeDirectory(RECIPE);
    served = Buffer.from("#!/bin/sh\necho something else\n");
    const tampered = await install(directory, { RBEE_LICENSE_TOKEN: TOKEN });
    expect(tampered.code).not.toBe(0);
    expect(tampered.stderr).toContain("did not arrive intact");
    expect(existsSync(installed(directory))).toBe(false);

    served = BINARY;
    expect((await install(directory, { RBEE_LICENSE_TOKEN: TOKEN })).code).toBe(0);
    expect(readFileSync(installed(directory))).toEqual(BINARY);
  });
}

describe.skipIf(makepkgMissing !== null)("real makepkg", () => installs(MAKEPKG));

describe("a hive", () => {
  installs(HIVE);

  it("repeats why the catalog refused", async () => {
    const run = await HIVE.install(workDirectory(), { RBEE_LICENSE_TOKEN: "expired" });
    expect(run.stderr).toContain(DETAIL);
  });
});
