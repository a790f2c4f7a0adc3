import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { VERSION } from "../../src/cli/version.ts";
import { hashOf } from "../../src/lib/hash/stream-hash.ts";
import { formatMinisignSignature } from "../../src/lib/minisign/minisign.ts";
import { type MinisignSecretKey, signMinisign } from "../../src/lib/minisign/secret-key.ts";
import { formatTrustedComment } from "../../src/lib/minisign/text.ts";
import { PROJECT } from "../development/paths.ts";
import { bundleScript } from "./bundle.ts";

/** The file name of the single executable. */
export const EXECUTABLE = "rbee-catalog-linux-x86_64";

/** The trusted comment of the executable's signature. */
export const EXECUTABLE_COMMENT = formatTrustedComment({ file: EXECUTABLE, version: VERSION });

/** Whether this machine is one that can make the executable: it starts as a copy of this machine's own Node.js. */
export const CAN_BUILD = process.platform === "linux" && process.arch === "x64";

/** The Node.js of package.json, and not the one of the machine. */
const NODE = join(PROJECT, "node_modules/node/bin/node");

/** The mark that Node.js looks at for a script inside: https://nodejs.org/api/single-executable-applications.html. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

const run = promisify(execFile);

/**
 * Makes the command as one program of 128 MB in `folder`: a copy of Node.js with the bundled script inside. Beside it
 * are its sum as `sha256sum` writes it and, with a key, its signature. The same sources make the same bytes. Returns
 * the path of the program. Throws the errors of the file system and of the programs that it runs.
 */
export async function buildExecutable(folder: string, key: MinisignSecretKey | null): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const program = join(folder, EXECUTABLE);
  const work = await mkdtemp(join(tmpdir(), "rbee-catalog-executable-"));
  try {
    await writeFile(join(work, "main.cjs"), await bundleScript());
    // The blob has this very path of the script in it: a relative one is the same in each build.
    const settings = { main: "main.cjs", output: "blob", disableExperimentalSEAWarning: true };
    await writeFile(join(work, "sea.json"), JSON.stringify(settings));
    await run(NODE, ["--experimental-sea-config", "sea.json"], { cwd: work });
    await copyFile(NODE, program);
    const postject = join(PROJECT, "node_modules/postject/dist/cli.js");
    await run(NODE, [postject, program, "NODE_SEA_BLOB", join(work, "blob"), "--sentinel-fuse", FUSE]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  await chmod(program, 0o755);
  const bytes = await readFile(program);
  await writeFile(`${program}.sha256`, `${createHash("sha256").update(bytes).digest("hex")}  ${EXECUTABLE}\n`);
  if (key !== null) {
    const signature = await signMinisign(key, hashOf("blake2b512", bytes), EXECUTABLE_COMMENT);
    await writeFile(`${program}.minisig`, formatMinisignSignature(signature));
  }
  return program;
}
