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
import { writeNpmPackage } from "./npm-package.ts";

/**
 * `npm run build:cli [-- --sign-key FILE]`: makes the command as one file in `dist/cli`, which is an npm package, and
 * the files that the Worker serves in `dist/public`. A signature of an earlier build stays if it is valid for this one.
 */
const CLI = join(PROJECT, "dist/cli");
const PUBLIC = join(PROJECT, "dist/public");

const { values } = parseArgs({ options: { "sign-key": { type: "string" } } });
const keys = parseMinisignPublicKeys(await readFile(join(PROJECT, "keys/release-signing.pub"), "utf8"));
if (!keys.ok) throw new Error(`keys/release-signing.pub: ${keys.error}`);

const command = await bundleCommand();
await writeNpmPackage(CLI, command);
const keyFile = values["sign-key"];
const minisig =
  keyFile === undefined
    ? await keptSignature(CLI, command, keys.value)
    : await signCommand(await readSecretKey(keyFile), command);
const signatureFile = join(CLI, `${COMMAND}.minisig`);
if (minisig === null) {
  await rm(signatureFile, { force: true });
} else {
  await writeFile(signatureFile, minisig);
}
await writeServedCommand(PUBLIC, command, minisig);

const shown = relative(process.cwd(), join(CLI, COMMAND));
console.log(`${shown}: ${Math.round(command.length / 1024)} KiB`);
if (minisig === null) {
  console.log(
    "It is not signed. To sign it with the release key: npm run build:cli -- --sign-key FILE, or, if the key has a password,\n" +
      `  minisign -S -s FILE -m ${shown} -t "$(printf '${COMMAND_COMMENT.replaceAll("\t", "\\t")}')" && npm run build:cli`,
  );
} else if (!(await isCommandSignature(minisig, command, keys.value))) {
  console.log("It is signed, but by no key in keys/release-signing.pub: visitors of this deployment would refuse it.");
}
