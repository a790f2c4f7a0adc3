import { parseEnv } from "node:util";
import { readTextIfThere, writePrivateFile } from "../../src/cli/files.ts";
import { encodeMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import type { MinisignSecretKey } from "../../src/lib/minisign/secret-key.ts";
import { developmentSecrets } from "../development-secrets.ts";
import { stripeVariables } from "./stripe.ts";

const HEADING = `# Made by the first \`npm start\`, for this machine only. Lines that are here are kept; missing ones are added again.
`;

/** One line of a file that both wrangler and Node.js read. Quotes keep `#` and blanks in the value. */
const line = ([name, value]: [string, string]): string => `${name}='${value}'\n`;

/**
 * Adds the missing secrets and variables of a development server to the file at `path`, and returns all of them. It
 * changes none, because license keys and tokens die with the secrets that made them.
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

/** The issuer of workflow runs, if it is not GitHub. Wrangler reads only names of wrangler.toml by itself. */
export const publisherBindings = (variables: NodeJS.Dict<string>): Record<string, string> =>
  Object.fromEntries(
    ["PUBLISHER_ISSUER", "PUBLISHER_JWKS_URL"].flatMap((name) => {
      const value = variables[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
