import { readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { readSecretKey } from "../../src/cli/signing-keys.ts";
import { parseMinisignPublicKeys } from "../../src/lib/minisign/minisign.ts";
import { PROJECT } from "../development/paths.ts";
import { bundleCommand } from "./bundle.ts";
import {
  COMMAND,
  COMMAND_COMMENT,
  isCommandSignature,
  keptSignature,
  signCommand,
  writeServedCommand,
} from "./command-files.ts";
import { buildExecutable, CAN_BUILD, EXECUTABLE, EXECUTABLE_COMMENT } from "./executable.ts";
import { writeNpmPackage } from "./npm-package.ts";

/**
 * `npm run build:cli [-- --sign-key FILE] [--executable]`: makes the command as one file in `dist/cli`, which is an npm
 * package, and the files that the Worker serves in `dist/public`. A signature of an earlier build stays if it is valid
 * for this one. With `--executable` it also makes the program that needs no Node.js in `dist/executable`.
 */
const CLI = join(PROJECT, "dist/cli");
const PUBLIC = join(PROJECT, "dist/public");
const PROGRAM = join(PROJECT, "dist/executable");

const { values } = parseArgs({
  options: { "sign-key": { type: "string" }, executable: { type: "boolean", default: false } },
});
if (values.executable && !CAN_BUILD) throw new Error(`${EXECUTABLE} can only be made on Linux x86_64.`);
const keys = parseMinisignPublicKeys(await readFile(join(PROJECT, "keys/release-signing.pub"), "utf8"));
if (!keys.ok) throw new Error(`keys/release-signing.pub: ${keys.error}`);

const command = await bundleCommand();
await writeNpmPackage(CLI, command);
const keyFile = values["sign-key"];
const key = keyFile === undefined ? null : await readSecretKey(keyFile);
const minisig = key === null ? await keptSignature(CLI, command, keys.value) : await signCommand(key, command);
const signatureFile = join(CLI, `${COMMAND}.minisig`);
if (minisig === null) {
  await rm(signatureFile, { force: true });
} else {
  await writeFile(signatureFile, minisig);
}
await writeServedCommand(PUBLIC, command, minisig);

/** The line of the shell that signs a file with a key that has a password. */
const minisignLine = (file: string, comment: string): string =>
  `minisign -S -s FILE -m ${file} -t "$(printf '${comment.replaceAll("\t", "\\t")}')"`;

const shown = relative(process.cwd(), join(CLI, COMMAND));
console.log(`${shown}: ${Math.round(command.length / 1024)} KiB`);
if (minisig === null) {
  console.log(
    "It is not signed. To sign it with the release key: npm run build:cli -- --sign-key FILE, or, if the key has a password,\n" +
      `  ${minisignLine(shown, COMMAND_COMMENT)} && npm run build:cli`,
  );
} else if (!(await isCommandSignature(minisig, command, keys.value))) {
  console.log("It is signed, but by no key in keys/release-signing.pub: visitors of this deployment would refuse it.");
}

if (values.executable) {
  const program = relative(process.cwd(), await buildExecutable(PROGRAM, key));
  console.log(`${program}: made for a release of the repository; the Worker does not serve it.`);
  if (key === null) console.log(`It is not signed. To sign it: ${minisignLine(program, EXECUTABLE_COMMENT)}`);
}
