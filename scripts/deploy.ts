import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { unstable_readConfig } from "wrangler";
import * as z from "zod";
import { parseMinisignPublicKeys } from "../src/lib/minisign/minisign.ts";
import { PROJECT } from "./development/paths.ts";

/**
 * `pnpm run deploy`: checks keys, secrets and code, migrates the ledger, deploys. Migrations come first, because the
 * new version needs its schema and the running version works on it. Until 0014 is deployed too, that one refuses
 * packages.
 */
async function deploy(): Promise<void> {
  const config = unstable_readConfig({ config: join(PROJECT, "wrangler.toml") });
  await requireReleaseKey();
  await requireSecrets(config.secrets?.required ?? []);
  await run("npm", "run", "check");
  const database = z.string().parse(config.d1_databases[0]?.database_name);
  const migrate = () => run("wrangler", "d1", "migrations", "apply", database, "--remote");
  const isFirst = !(await databases()).includes(database);
  if (!isFirst) await migrate();
  await run("wrangler", "deploy");
  // The first deployment makes the database.
  if (isFirst) await migrate();
}

/** Without a release key, production can publish nothing, and a publisher sees that only after the upload. */
async function requireReleaseKey(): Promise<void> {
  const keys = parseMinisignPublicKeys(await readFile(join(PROJECT, "keys/release-signing.pub"), "utf8"));
  if (!keys.ok) throw new Error(`keys/release-signing.pub: ${keys.error}`);
  if (keys.value.length > 0) return;
  throw new Error("keys/release-signing.pub has no key. Make one: npx rbee-catalog keys new --release");
}

async function requireSecrets(required: readonly string[]): Promise<void> {
  const set = z.array(z.object({ name: z.string() })).parse(JSON.parse(await secretList()));
  const missing = required.filter((name) => !set.some((secret) => secret.name === name));
  if (missing.length === 0) return;
  throw new Error(
    `These secrets are not set: ${missing.join(", ")}. docs/operations.md ("Going live") tells how to make and set each.`,
  );
}

/**
 * The JSON of `wrangler secret list`; an empty list before the first deployment and the first secret make the Worker.
 */
async function secretList(): Promise<string> {
  try {
    return await output("wrangler", "secret", "list", "--format", "json");
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (/10007|does not exist/.test(message)) return "[]";
    throw new Error(
      `Cloudflare did not tell which secrets are set. Are you logged in (npx wrangler login)?\n${message}`,
    );
  }
}

async function databases(): Promise<string[]> {
  const list = z
    .array(z.object({ name: z.string() }))
    .parse(JSON.parse(await output("wrangler", "d1", "list", "--json")));
  return list.map(({ name }) => name);
}

const execute = promisify(execFile);

/** Returns the output of a program. Throws with its output if it fails. */
async function output(program: string, ...args: string[]): Promise<string> {
  try {
    return (await execute(program, args, { cwd: PROJECT, env: { ...process.env, WRANGLER_HIDE_BANNER: "true" } }))
      .stdout;
  } catch (error) {
    const said = z.object({ stdout: z.string(), stderr: z.string() }).safeParse(error).data;
    throw new Error(`${[program, ...args].join(" ")} failed:\n${said ? said.stdout + said.stderr : error}`);
  }
}

async function run(program: string, ...args: string[]): Promise<void> {
  const [code] = await once(spawn(program, args, { cwd: PROJECT, stdio: "inherit" }), "close");
  if (code !== 0) throw new Error(`${[program, ...args].join(" ")} failed.`);
}

try {
  await deploy();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
