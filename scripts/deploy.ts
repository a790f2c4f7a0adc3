import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseMinisignPublicKeys } from "../src/lib/minisign/minisign.ts";
import { accountOf, permissionFor, requirePermissions } from "./deploy/account.ts";
import { type Cloudflare, CloudflareError, openCloudflare } from "./deploy/cloudflare.ts";
import { withDeployConfig } from "./deploy/deploy-config.ts";
import { keepJurisdiction } from "./deploy/kept-jurisdiction.ts";
import { markLedger, requireOwnLedger } from "./deploy/ledger.ts";
import { requireNoNeighbor } from "./deploy/neighbors.ts";
import { type Options, readOptions } from "./deploy/options.ts";
import { choosePlace } from "./deploy/place.ts";
import { type Plan, readPlan } from "./deploy/plan.ts";
import { Refused } from "./deploy/refusal.ts";
import { type Found, findResources, makeResources } from "./deploy/resources.ts";
import { run, wrangler } from "./deploy/run.ts";
import { requireSettings } from "./deploy/settings.ts";
import { PROJECT } from "./development/paths.ts";

/** The binding of the ledger in wrangler.toml. */
const LEDGER = "DB";

const say = (line: string): void => console.log(line);

/**
 * `pnpm run deploy`: checks everything that can be checked, then makes missing resources, migrates, marks the ledger
 * and deploys, in this order. Until wrangler deploys, the running version is untouched, and works on the newer schema
 * because migrations only add. The cron starts last, with the Worker. Repeating it is safe.
 */
async function deploy(options: Options): Promise<void> {
  const config = resolve(options.config ?? join(PROJECT, "wrangler.toml"));
  const plan = readPlan(config, options.environment);
  await requireReleaseKey();
  const cloudflare = openCloudflare(process.env);
  const account = await accountOf(cloudflare, process.env);
  say(`Deploying ${plan.own.name} to ${plan.own.public_url}, account ${account}`);
  await requirePermissions(cloudflare, account, plan.hosts);
  const found = await requireFree(cloudflare, account, plan, options);
  await requireSettings(cloudflare, account, plan, options.secretsFile);
  const place = await choosePlace(options.place, found);
  if (!options.isChecked && !(await run("npm", ["run", "check"]))) throw new Refused("npm run check failed.");
  if (!(await run(process.execPath, ["scripts/build-cli/main.ts"]))) throw new Refused("npm run build:cli failed.");
  await makeResources(cloudflare, account, plan, found, place, say);
  if (found.jurisdiction && (await keepJurisdiction(config, plan, found.jurisdiction))) {
    say(`Commit ${config}: its buckets now have the jurisdiction "${found.jurisdiction}", which cannot change.`);
  }
  await withDeployConfig(config, plan, found, async (generated) => {
    const target = ["--config", generated, `--env=${plan.environment ?? ""}`];
    for (const { binding, name } of plan.databases) await migrate(binding, name, target, account);
    await markLedger(cloudflare, ledgerOf(account, plan, found), plan.own);
    const secrets = options.secretsFile === null ? [] : ["--secrets-file", resolve(options.secretsFile)];
    const upload = ["deploy", ...target, ...secrets, "--var", `DEPLOYMENT:${plan.own.name}`];
    if (!(await wrangler(upload, account))) {
      throw new Refused(
        "wrangler did not deploy everything: its message above says what. The databases are migrated, which an older " +
          "version works on. Run this again when the cause is gone.",
      );
    }
  });
  say(`\n${plan.own.name} is deployed. Check it: curl -f ${plan.own.public_url}/health/ready`);
}

/** Finds the plan's resources, and checks that they belong to nobody else. */
async function requireFree(
  cloudflare: Cloudflare,
  account: string,
  plan: Plan,
  { place, sharedWith }: Options,
): Promise<Found> {
  const found = await findResources(cloudflare, account, plan, place);
  const bound = await requireNoNeighbor(cloudflare, account, plan, found, sharedWith);
  const ledger = ledgerIn(plan, found);
  if (ledger !== undefined) {
    await requireOwnLedger(cloudflare, { account, id: ledger }, plan.own, bound.includes(ledger));
  }
  return found;
}

const ledgerIn = (plan: Plan, found: Found): string | undefined =>
  found.databases.get(plan.databases.find(({ binding }) => binding === LEDGER)?.name ?? "");

function ledgerOf(account: string, plan: Plan, found: Found) {
  const id = ledgerIn(plan, found);
  if (id === undefined) throw new Refused(`wrangler.toml binds no D1 database as ${LEDGER}.`);
  return { account, id };
}

async function migrate(binding: string, name: string, target: readonly string[], account: string): Promise<void> {
  say(`Migrating the database ${name}`);
  if (await wrangler(["d1", "migrations", "apply", binding, "--remote", ...target], account, true)) return;
  throw new Refused(
    `A migration of ${name} failed: wrangler's message above names it. D1 has rolled that one back; those before it ` +
      "stay. The running version is untouched, and works on them. Correct the migration and run this again.",
  );
}

/** Without a release key, production can publish nothing, and a publisher sees that only after the upload. */
async function requireReleaseKey(): Promise<void> {
  const keys = parseMinisignPublicKeys(await readFile(join(PROJECT, "keys/release-signing.pub"), "utf8"));
  if (!keys.ok) throw new Refused(`keys/release-signing.pub: ${keys.error}`);
  if (keys.value.length > 0) return;
  throw new Refused("keys/release-signing.pub has no key. Make one: npx rbee-catalog keys new --release");
}

/** The error in words for the operator. Only a fault of this script shows its stack. */
function explained(error: unknown): unknown {
  if (error instanceof Refused) return error.message;
  if (!(error instanceof CloudflareError)) return error;
  const permission = error.isForbidden ? permissionFor(error.message) : null;
  return permission === null ? error.message : `${error.message}\nThe API token lacks the permission ${permission}.`;
}

try {
  await deploy(readOptions(process.argv.slice(2), process.env));
} catch (error) {
  console.error(explained(error));
  process.exitCode = 1;
}
