import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { Browser } from "playwright-core";
import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { runCli } from "../support/node/run-cli.ts";
import { findChromium, launchChromium, openWindow, type Window } from "./browser.ts";
import { buy, control as controlAt, openPortal, within } from "./buyer.ts";
import { launch, ready, type Server } from "./development-server.ts";
import { freePort } from "./free-port.ts";
import type { Run } from "./program-run.ts";

/** A purchase, refund, dispute or failed renewal at Stripe, and its effect on a hive. */

const WORKER = "llm-worker-rbee-premium-cpu";
const Start = z.object({ url: z.string(), admin_token: z.string(), stripe_control_url: z.string() });
const License = z.object({ license: z.object({ status: z.string(), machine_limit: z.number() }) });
const Id = z.object({ id: z.string() });

let root = "";
let server: Server;
let start: z.infer<typeof Start>;

const nowhere = (): NodeJS.ProcessEnv => ({
  DEV_DIR: join(root, "nowhere"),
  RBEE_CATALOG_URL: start.url,
  RBEE_ADMIN_TOKEN: "",
});
/** Runs a command on a machine of its own with this key. */
const hive = (name: string, key: string, ...args: string[]): Promise<Run> =>
  runCli(args, {
    ...nowhere(),
    XDG_CONFIG_HOME: join(root, name),
    RBEE_MACHINE: `machine-of-${name}`,
    RBEE_LICENSE_KEY: key,
  });
const admin = (...args: string[]): Promise<Run> => runCli(args, { ...nowhere(), RBEE_ADMIN_TOKEN: start.admin_token });
const control = (path: string, body: object = {}): Promise<unknown> => controlAt(start.stripe_control_url, path, body);

const licenseOf = async (id: string): Promise<z.infer<typeof License>["license"]> =>
  License.parse(JSON.parse((await admin("license", "show", id, "--json")).stdout)).license;

/** The outcome of an activation: "" or the code of its refusal. It reads the ledger, so no delay is allowed. */
const activation = async (name: string, key: string): Promise<string> => {
  const { code, stderr } = await hive(name, key, "activate");
  return code === 0 ? "" : (/\(([A-Z_]+)\)/.exec(stderr)?.[1] ?? stderr);
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rbee-purchase-"));
  server = await ready(launch(join(root, "dev"), await freePort()));
  start = Start.parse(JSON.parse(await readFile(join(root, "dev", "start.json"), "utf8")));
});

afterAll(async () => {
  await server?.stop();
  await rm(root, { recursive: true, force: true });
});

const chromium = findChromium();
if (chromium === null) console.warn("No Chromium on the PATH: the purchase is not clicked through.");

describe.skipIf(chromium === null)("a buyer with a browser (needs Chromium)", () => {
  let browser: Browser;
  let window: Window;

  beforeAll(async () => {
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await window.context.close();
    expect(window.faults).toEqual([]);
  });

  /** Begins a checkout in this window, so that its cookie is the window's, and goes to the pay page. */
  async function beginCheckout(plan: string): Promise<string> {
    const answer = await window.context.request.post(`${start.url}/v1/checkout`, { data: { plan } });
    expect(answer.status()).toBe(201);
    const { url, session_id } = z.object({ url: z.url(), session_id: z.string() }).parse(await answer.json());
    await window.page.goto(url);
    await window.page.fill("#email", "ada@example.com");
    return session_id;
  }
  const shownKey = async (): Promise<string> => (await window.page.textContent("#license-key"))?.trim() ?? "";

  it("sees the key, and another browser at the same address does not", async () => {
    window = await openWindow(browser, start.url);
    await beginCheckout("premium-lifetime");
    await window.page.click("#pay");
    await window.page.waitForURL(/\/checkout\/success/);
    const key = await shownKey();
    expect(await activation("bought", key)).toBe("");

    const stranger = await openWindow(browser, start.url);
    await stranger.page.goto(window.page.url());
    const masked = await stranger.page.textContent("#license-key");
    expect([masked?.slice(-4), masked?.length]).toEqual([key.slice(-4), "rbee_lic_".length + 9]);
    expect(stranger.faults).toEqual([]);
    await stranger.context.close();
  });

  it("sees no key if another browser has begun the checkout, and neither does that one", async () => {
    window = await openWindow(browser, start.url);
    const session = await beginCheckout("premium-lifetime");
    const payer = await openWindow(browser, start.url);
    await payer.page.goto(window.page.url());
    await payer.page.fill("#email", "victim@example.com");
    await payer.page.click("#pay");
    await payer.page.waitForURL(/\/checkout\/success/);
    const returnAddress = payer.page.url();
    const masked = (await payer.page.textContent("#license-key")) ?? "";
    expect(masked).toMatch(/^rbee_lic_.{4}….{4}$/);
    for (const address of [`${start.url}/checkout/success?session_id=${session}`, returnAddress]) {
      await window.page.goto(address);
      expect(await shownKey()).toBe(masked);
    }
    const answer = await window.context.request.get(`${start.url}/v1/checkout/${session}`);
    expect(await answer.json()).toEqual({ status: "complete", masked_key: masked });
    expect(payer.faults).toEqual([]);
    await payer.context.close();
  });

  it("pays after a declined card and a canceled checkout", async () => {
    window = await openWindow(browser, start.url);
    await beginCheckout("premium-lifetime");
    await window.page.click("#decline");
    await window.page.locator("#error").waitFor();
    const payPage = window.page.url();
    await window.page.click("#cancel");
    await window.page.waitForURL(/\/checkout\/cancelled/);
    await window.page.getByRole("heading", { name: "Checkout canceled" }).waitFor();
    await window.page.goto(payPage);
    await window.page.fill("#email", "ada@example.com");
    await window.page.click("#pay");
    await window.page.waitForURL(/\/checkout\/success/);
    expect(await shownKey()).toMatch(/^rbee_lic_/);
  });

  it("waits on the page for a delayed payment until the key appears by itself", async () => {
    window = await openWindow(browser, start.url);
    const session = await beginCheckout("premium-lifetime");
    await window.page.click("#pay-delayed");
    await window.page.waitForURL(/\/checkout\/success/);
    await window.page.getByRole("heading", { name: "Waiting for your payment" }).waitFor();
    await control(`payments/${session}/succeed`);
    await window.page.locator("#license-key").waitFor({ timeout: 60_000 });
    expect(await activation("patient", await shownKey())).toBe("");
  });

  it("changes the number of machines in the billing portal, and cancels there", async () => {
    const { key, licenseId, sessionId } = await buy(start.url, "premium-monthly", { machines: 1 });
    // A price covers blocks of five machines.
    for (const name of ["first", "second", "third", "fourth", "fifth"]) expect(await activation(name, key)).toBe("");
    expect(await activation("sixth", key)).toBe("MACHINE_LIMIT_REACHED");
    window = await openWindow(browser, start.url);
    await window.page.goto(await openPortal(start.url, key));
    await window.page.fill("#quantity", "6");
    await window.page.click("#update-quantity");
    await window.page.getByText("6 machines").waitFor();
    expect((await licenseOf(licenseId)).machine_limit).toBe(10);
    expect(await activation("sixth", key)).toBe("");

    await window.page.click("#cancel");
    await window.page.locator("#resume").waitFor();
    expect(await activation("sixth", key)).toBe("");
    await control(`subscriptions/${sessionId}/cancel`);
    expect(await activation("sixth", key)).toBe("LICENSE_EXPIRED");
  });
});

describe("money at Stripe", () => {
  it("a refund at Stripe ends the license, downloads included", async () => {
    const { key, sessionId } = await buy(start.url, "premium-lifetime");
    expect(await activation("refunded", key)).toBe("");
    await control("refunds", { session: sessionId, amount: 100 });
    expect(await activation("refunded", key)).toBe("");
    await control("refunds", { session: sessionId });
    expect(await activation("refunded", key)).toBe("LICENSE_REVOKED");
    const isRefused = async (): Promise<boolean> => {
      const { code, stderr } = await hive("refunded", key, "install", WORKER, "--dir", join(root, "too-late"));
      return code === 5 && stderr.includes("LICENSE_REVOKED");
    };
    expect(await within(70, isRefused)).toBe(true);
  });

  it("an admin refunds and revokes in one act, once", async () => {
    const { key, licenseId } = await buy(start.url, "premium-lifetime");
    const refund = ["license", "refund", licenseId, "--reason", "bought twice", "--yes"];
    const first = await admin(...refund);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(/Status +revoked/);
    expect(first.stdout).toContain("Refunded: 279.00 EUR");
    const again = await admin(...refund);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("Nothing was refunded")]);
    expect(await activation("gone", key)).toBe("LICENSE_REVOKED");
    expect((await admin("audit", "--subject", licenseId)).stdout).toContain("bought twice");
  });

  it("a license that was not bought cannot be refunded", async () => {
    const { stdout } = await admin(
      ...["license", "issue", "--plan", "premium-trial", "--email", "ada@example.com", "--json"],
    );
    const { license } = z.object({ license: Id }).parse(JSON.parse(stdout));
    const { code, stderr } = await admin("license", "refund", license.id, "--reason", "test", "--yes");
    expect([code, stderr]).toEqual([1, expect.stringContaining("CONFLICT")]);
    expect((await licenseOf(license.id)).status).toBe("active");
  });

  it("a dispute suspends the license, a won one restores it, and a lost one revokes it", async () => {
    const { key, sessionId } = await buy(start.url, "premium-lifetime");
    const won = Id.parse(await control("disputes", { session: sessionId }));
    expect(await activation("disputed", key)).toBe("LICENSE_SUSPENDED");
    await control(`disputes/${won.id}/close`, { status: "won" });
    expect(await activation("disputed", key)).toBe("");

    const other = await buy(start.url, "premium-lifetime");
    const lost = Id.parse(await control("disputes", { session: other.sessionId }));
    await control(`disputes/${lost.id}/close`, { status: "lost" });
    expect(await activation("lost", other.key)).toBe("LICENSE_REVOKED");
  });

  it("a price of no plan changes nothing and needs an admin's attention", async () => {
    const { key, licenseId, sessionId } = await buy(start.url, "premium-monthly");
    const stripe = await ourStripe();
    const session = await stripe.checkout.sessions.retrieve(sessionId, { expand: ["subscription"] });
    const { subscription } = session;
    if (typeof subscription !== "object" || subscription === null) throw new Error("no subscription");
    const [item] = subscription.items.data;
    const product = await stripe.products.create({ name: "Something else" });
    const price = await stripe.prices.create({
      ...{ product: product.id, currency: "usd", unit_amount: 1, recurring: { interval: "month" } },
    });
    await stripe.subscriptions.update(subscription.id, { items: [{ id: item?.id ?? "", price: price.id }] });
    const listed = async (): Promise<Run> => admin("events", "--attention");
    expect(await within(10, async () => (await listed()).stdout.includes(price.id))).toBe(true);
    expect(await licenseOf(licenseId)).toEqual({ status: "active", machine_limit: 5 });
    expect(await activation("odd", key)).toBe("");
    const event = /evt_\w+/.exec((await listed()).stdout)?.[0] ?? "";
    const retried = await admin("events", "retry", event);
    expect([retried.code, retried.stdout]).toEqual([0, expect.stringContaining(`unknown price ${price.id}`)]);
    expect((await admin("events")).stdout).not.toContain("evt_");
    expect((await admin("events", "retry", "evt_none")).code).toBe(4);
    const dismissed = await admin("events", "dismiss", event, "--reason", "the customer was told");
    expect([dismissed.code, dismissed.stdout]).toEqual([0, expect.stringContaining("dismissed: unknown price")]);
    expect((await listed()).stdout).not.toContain(event);
    expect((await admin("events", "dismiss", event)).code).toBe(2);
  });

  it("the stand-in sells the products that `plans sync` makes", async () => {
    const { stdout } = await runCli(["--url", start.url, "plans", "sync"], {
      STRIPE_SECRET_KEY: (await variables())["STRIPE_SECRET_KEY"],
      STRIPE_API_BASE: new URL(start.stripe_control_url).origin,
    });
    expect(stdout.match(/up to date at Stripe/g)).toHaveLength(4);
  });

  // From here on the stand-in's clock is ahead.
  it("a failed renewal shows as grace until the card works again", async () => {
    const { key, sessionId } = await buy(start.url, "premium-monthly");
    expect(await activation("late", key)).toBe("");
    await control(`subscriptions/${sessionId}/fail-renewal`);
    expect(await activation("late", key)).toBe("");
    expect((await hive("late", key, "status")).stdout).toContain("in grace");
    await control(`subscriptions/${sessionId}/fix-card`);
    await control("clock/advance", { days: 7 });
    expect(await activation("late", key)).toBe("");
    expect((await hive("late", key, "status")).stdout).not.toContain("in grace");
  });

  it("the reconciliation applies events of lost webhooks", async () => {
    const { key, sessionId } = await buy(start.url, "premium-lifetime");
    await control("deliveries", { mode: "drop" });
    await control("refunds", { session: sessionId });
    await control("deliveries", { mode: "normal" });
    expect(await activation("unheard", key)).toBe("");
    const soon = new Date(Math.ceil((Date.now() + 1) / 600_000) * 600_000);
    await fetch(`${start.url}/cdn-cgi/local/scheduled?time=${soon.getTime()}&cron=*+*+*+*+*`);
    // The cron sends a message to the job, which runs a moment later.
    expect(await within(20, async () => (await activation("unheard", key)) === "LICENSE_REVOKED")).toBe(true);
  });
});

const variables = async (): Promise<NodeJS.Dict<string>> =>
  parseEnv(await readFile(join(root, "dev", "dev.vars"), "utf8"));

/** The SDK, on the account that the server sells through. */
async function ourStripe(): Promise<Stripe> {
  const { hostname, port } = new URL(start.stripe_control_url);
  return new Stripe((await variables())["STRIPE_SECRET_KEY"] ?? "", { host: hostname, port, protocol: "http" });
}
