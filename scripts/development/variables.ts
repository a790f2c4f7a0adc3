import { parseEnv } from "node:util";
import { readTextIfThere, writePrivateFile } from "../../src/cli/files.ts";
import { encodeMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../../src/lib/minisign/secret-key.ts";
import { developmentSecrets } from "../development-secrets.ts";
import { stripeVariables } from "./stripe.ts";

const HEADING = `# Made by the first \`npm start\`, for this machine only. Lines that are here are kept; missing ones are added again.
`;

/** One line of a file that both wrangler and Node read. A quoted value keeps what an unquoted one would lose (#, blanks). */
const line = ([name, value]: [string, string]): string => `${name}='${value}'\n`;

/**
 * Makes sure that the file at `path` gives every secret and variable of a development server, and returns what it
 * gives. What is there stays: secrets that changed would kill every license key and token made with them.
 */
export async function ensureVariables(path: string, releaseKey: MinisignSecretKey): Promise<NodeJS.Dict<string>> {
  const text = (await readTextIfThere(path)) ?? HEADING;
  const present = parseEnv(text);
  const wanted = {
    ENVIRONMENT: "development",
    RELEASE_SIGNATURES: "optional",
    RELEASE_SIGNING_PUBLIC_KEYS: encodeMinisignPublicKey(releaseKey),
    ...(await developmentSecrets(releaseKey)),
    ...stripeVariables(present),
  };
  const missing = Object.entries(wanted).filter(([name]) => present[name] === undefined);
  if (missing.length > 0) {
    await writePrivateFile(path, text + (text.endsWith("\n") ? "" : "\n") + missing.map(line).join(""));
  }
  return { ...wanted, ...present };
}
