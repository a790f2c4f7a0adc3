import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startStandIn } from "../../scripts/stripe-stand-in/start.ts";
import { buy, within } from "./buyer.ts";
import { launch, ready, type Server } from "./development-server.ts";
import { freePort } from "./free-port.ts";
import { PROJECT } from "./program-run.ts";
import { type Catalog, catalogIn } from "./running-catalog.ts";

/** Adds a yearly plan to a copy of the repository, by doing what docs/purchases.md says, and nothing else. */
const PLAN = "premium-yearly";

const guide = readFileSync(join(PROJECT, "docs/purchases.md"), "utf8");

/** The code blocks of a step of "Adding a plan", in order. */
function blocksOf(step: number): string[] {
  const section = guide.split("## Adding a plan")[1]?.split("\n## ")[0] ?? "";
  const text = section.split(/^\*\*\d+\. /m)[step] ?? "";
  const blocks = [...text.matchAll(/^```(?:sh|ts)\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  if (blocks.length === 0) throw new Error(`docs/purchases.md has no step ${step} with code`);
  return blocks;
}

/** Everything that is made, of this machine or of no use to a server. */
const LEFT_OUT = /^(node_modules|\.git|\.dev|\.wrangler|\.dev\.vars|dist|clients\/rust|docs\/screenshots)(\/|$)/;

const folder = mkdtempSync(join(tmpdir(), "rbee-new-plan-"));
const project = join(folder, "project");
let server: Server;
let catalog: Catalog;

/** Runs commands of the guide in the copy. Throws with their output if one fails. */
async function shell(commands: string): Promise<string> {
  const env = { ...process.env, XDG_CONFIG_HOME: folder };
  return (await promisify(execFile)("sh", ["-euc", commands], { cwd: project, env })).stdout;
}

/** Changes a file of the copy. Throws if `edit` changes nothing. */
function change(file: string, edit: (text: string) => string): void {
  const path = join(project, file);
  const text = readFileSync(path, "utf8");
  const edited = edit(text);
  if (edited === text) throw new Error(`${file} has not changed`);
  writeFileSync(path, edited);
}

/** Leaves the state of an account at the stand-in that sells the plans of today. */
async function openAccount(): Promise<void> {
  mkdirSync(join(project, ".dev"));
  const statePath = join(project, ".dev", "stripe.json");
  await (
    await startStandIn({
      port: 0,
      apiKey: "sk_test_before",
      webhookSecret: "whsec_before",
      webhookUrl: null,
      statePath,
    })
  ).close();
}

type Listed = { id: string; billing: string; price: object | null };

async function planInList(): Promise<Listed | undefined> {
  const response = await fetch(`${catalog.url}/v1/plans`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { plans: Listed[] }).plans.find(({ id }) => id === PLAN);
}

describe("docs/purchases.md alone", () => {
  beforeAll(async () => {
    cpSync(PROJECT, project, { recursive: true, filter: (path) => !LEFT_OUT.test(relative(PROJECT, path)) });
    symlinkSync(join(PROJECT, "node_modules"), join(project, "node_modules"));
    await openAccount();

    const [sold = "", entry = ""] = blocksOf(1);
    change("src/domain/licensing/plans.ts", (text) =>
      text
        .replace(/^export const SOLD_PLANS = .*\n/m, () => sold)
        .replace('  "premium-lifetime": {\n', (next) => entry + next),
    );
    const [price = ""] = blocksOf(2);
    change("src/domain/purchase/offer.ts", (text) => text.replace('  "premium-lifetime": {', (next) => price + next));
    // Without DEV_DIR, so that the commands of the guide find its files.
    server = await ready(launch("", await freePort(), project));
    catalog = await catalogIn(join(project, ".dev"));
  });

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("lists the plan without a price until Stripe has one, and plans sync gives it one", async () => {
    expect(await planInList()).toMatchObject({ billing: "yearly", price: null });
    const output = await shell(blocksOf(4).join("\n"));
    const terms = "create price 990.00 USD a year for every 5 machines";
    expect(output).toContain(`${PLAN}: would ${terms}`);
    expect(output).toContain(`${PLAN}: ${terms}`);
    expect(output).toContain("premium-monthly: up to date at Stripe.");
    expect(await shell(blocksOf(4).join("\n"))).toContain(`${PLAN}: up to date at Stripe.`);
  });

  it("sells the plan by the year, on its page and for a key that works", async () => {
    // An isolate keeps prices for five minutes. A change of the code starts a new one.
    change("src/domain/purchase/offer.ts", (text) => `${text}\nexport const changed = true;\n`);
    await within(600, async () => (await planInList())?.price !== null);
    const amount = { amount: 99_000, currency: "usd", interval: "year" };
    expect(await planInList()).toMatchObject({ billing: "yearly", price: amount });
    const page = await (await fetch(`${catalog.url}/plans`, { headers: { Accept: "text/html" } })).text();
    expect(page).toContain("Premium, yearly");
    expect(page).toContain("$990/year");
    const { key, licenseId } = await buy(catalog.url, PLAN, { machines: 6 });
    expect(await catalog.activate(key, "the-test's-machine")).not.toBe("");
    const { stdout } = await catalog.admin("license", "show", licenseId, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ license: { plan: PLAN, status: "active", machine_limit: 10 } });
  });

  it("breaks no test of the plans", async () => {
    const commands = blocksOf(3)
      .join("")
      .replace(/^npm run check\n/m, "");
    expect(await shell(commands)).toMatch(/Tests .*passed/);
    const types = readFileSync(join(project, "clients/typescript/src/api.ts"), "utf8");
    expect(types).toContain(`"${PLAN}"`);
  });
});
