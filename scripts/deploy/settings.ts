import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import * as z from "zod";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { ConfigError, readConfig } from "../../src/platform/config/config.ts";
import { developmentSecrets } from "../development-secrets.ts";
import { type Cloudflare, unlessMissing } from "./cloudflare.ts";
import type { Plan } from "./plan.ts";
import { Refused } from "./refusal.ts";

const Names = z.array(z.object({ name: z.string() }));

/** The Worker's secrets that are set at Cloudflare; null if there is no such Worker yet. */
async function secretsAt(cloudflare: Cloudflare, account: string, worker: string): Promise<string[] | null> {
  const secrets = await unlessMissing(cloudflare(Names, `/accounts/${account}/workers/scripts/${worker}/secrets`));
  return secrets === null ? null : secrets.map(({ name }) => name);
}

/** The secrets in the file that the operator names; none without a file. Throws `Refused` if it cannot be read. */
async function secretsIn(file: string | null): Promise<NodeJS.Dict<string>> {
  if (file === null) return {};
  try {
    return parseEnv(await readFile(file, "utf8"));
  } catch (error) {
    throw new Refused(`--secrets-file: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Checks that every required secret is set or in the file, and the variables and the file's secrets with the Worker's
 * own schema, because one wrong value makes it answer 503 to everything. Throws `Refused` that names each fault, and no
 * value.
 */
export async function requireSettings(
  cloudflare: Cloudflare,
  account: string,
  { own, requiredSecrets, vars }: Plan,
  file: string | null,
): Promise<void> {
  const given = await secretsIn(file);
  const set = await secretsAt(cloudflare, account, own.name);
  const missing = requiredSecrets.filter((name) => given[name] === undefined && !set?.includes(name));
  if (missing.length > 0) {
    throw new Refused(
      `These secrets are not set: ${missing.join(", ")}. docs/operations.md ("Going live") tells how to make each. ` +
        (set === null
          ? "Put them into a file and name it: --secrets-file FILE."
          : "Set each with `npx wrangler secret put NAME`, or name a file: --secrets-file FILE."),
    );
  }
  // Cloudflare shows no secret that is set, so samples stand in for those.
  const samples = await developmentSecrets(await generateMinisignKey());
  try {
    readConfig({ ...samples, ...vars, ...given });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const known = error.faults.filter(({ variable }) => given[variable] !== undefined || !set?.includes(variable));
    if (known.length === 0) return;
    const { message } = new ConfigError(known);
    throw new Refused(`${message}. Correct it in ${file === null ? "" : `${file} or `}wrangler.toml.`);
  }
}
