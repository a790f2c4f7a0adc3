import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { buildExecutable, CAN_BUILD, EXECUTABLE, EXECUTABLE_COMMENT } from "../../scripts/build-cli/executable.ts";
import { VERSION } from "../../src/cli/version.ts";
import { streamHash } from "../../src/lib/hash/stream-hash.ts";
import { parseMinisignSignature, verifyMinisign } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, type MinisignSecretKey } from "../../src/lib/minisign/secret-key.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { sharedCatalog } from "./shared-catalog.ts";

/** Runs the program in a new empty folder, which is its home, without any folder to look for another program in. */
const runAlone = (program: string, ...args: string[]): Promise<Run> =>
  runAsUser(workDirectory(), [program, ...args], { PATH: "" });

describe.runIf(CAN_BUILD)(`the command as one program, ${EXECUTABLE}, which is made on Linux x86_64`, () => {
  let program: string;
  let key: MinisignSecretKey;

  beforeAll(async () => {
    key = await generateMinisignKey();
    program = await buildExecutable(join(workDirectory(), "executable"), key);
  });

  it("says its version, with no word of Node.js", async () => {
    expect(await runAlone(program, "--version")).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  it("has the help of the program and of a command", async () => {
    const help = await runAlone(program, "--help");
    expect([help.code, help.stderr, help.stdout]).toEqual([0, "", expect.stringContaining("rbee-catalog install")]);
    expect((await runAlone(program, "install", "--help")).stdout).toContain("rbee-catalog install");
  });

  it("lists and searches workers of a catalog, and explains a wrong command", async () => {
    const { url } = await sharedCatalog();
    expect(await runAlone(program, "list", "--url", url)).toMatchObject({ code: 0, stderr: "" });
    const found = await runAlone(program, "search", "--url", url, "--json");
    expect([found.code, found.stderr, found.stdout]).toEqual([0, "", expect.stringContaining("llm-worker-rbee-cpu")]);
    expect(await runAlone(program, "lst")).toMatchObject({ code: 2, stdout: "" });
  });

  it("has its sum and its signature beside it", async () => {
    const [sha256, blake2b] = [createHash("sha256"), streamHash("blake2b512")];
    for await (const bytes of createReadStream(program)) {
      sha256.update(bytes);
      blake2b.update(bytes);
    }
    expect(await readFile(`${program}.sha256`, "utf8")).toBe(`${sha256.digest("hex")}  ${EXECUTABLE}\n`);
    const signature = parseMinisignSignature(await readFile(`${program}.minisig`, "utf8"));
    if (!signature.ok) throw new Error(signature.error);
    expect(signature.value.trustedComment).toBe(EXECUTABLE_COMMENT);
    expect(await verifyMinisign([key], signature.value, blake2b.digest())).toMatchObject({ ok: true });
  });
});
