import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../support/node/run-cli.ts";
import { findChromium, launchChromium, openWindow } from "./browser.ts";
import { within } from "./buyer.ts";
import type { Run } from "./program-run.ts";
import type { Catalog } from "./running-catalog.ts";
import { sharedCatalog } from "./shared-catalog.ts";

/** The life of a license from the storefront to its revocation, by the pages and commands that people use. */

const WORKER = "llm-worker-rbee-premium-cpu";

const chromium = findChromium();
if (chromium === null) console.warn("No Chromium on the PATH: the pages are not clicked through.");

describe.skipIf(chromium === null)("with a browser (needs Chromium)", () => {
  let root = "";
  let catalog: Catalog;
  let browser: Browser;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "rbee-journey-"));
    catalog = await sharedCatalog();
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await rm(root, { recursive: true, force: true });
  });

  /** Runs a command on a machine of its own with this key. */
  const hive = (name: string, key: string, ...args: string[]): Promise<Run> =>
    runCli(args, {
      DEV_DIR: join(root, "nowhere"),
      RBEE_CATALOG_URL: catalog.url,
      XDG_CONFIG_HOME: join(root, name),
      RBEE_MACHINE: `machine-of-${name}`,
      RBEE_LICENSE_KEY: key,
    });
  const install = (name: string, key: string): Promise<Run> =>
    hive(name, key, "install", WORKER, "--dir", join(root, name, "workers"));

  /** Finds a worker, reads how to install it, and buys it. */
  async function buy(page: Page, email: string): Promise<void> {
    await page.goto(catalog.url);
    await page.getByRole("searchbox", { name: "Search" }).fill("premium gguf");
    await page.getByLabel("Runs on").selectOption("cpu");
    await page.getByRole("button", { name: "Search" }).click();
    await page.waitForURL(/\?q=premium\+gguf&.*backend=cpu/);
    await page.getByRole("link", { name: "Premium LLM Worker (CPU)" }).click();
    await page.getByText("Arch Linux", { exact: true }).first().click();
    await page.getByText(`/${WORKER}.git && cd ${WORKER} && makepkg -si`).waitFor();
    await page.getByRole("link", { name: "Get a license" }).click();
    await page.waitForURL(`**/plans?worker=${WORKER}`);
    await page.locator("#terms-premium-monthly").check();
    await page.getByRole("button", { name: /^Start free trial.*Premium, monthly/ }).click();
    await page.fill("#email", email);
    await page.click("#pay");
    await page.waitForURL(/\/checkout\/success/);
  }

  const shownKey = async (page: Page): Promise<string> => (await page.textContent("#license-key"))?.trim() ?? "";

  /** The key, by the button that copies it or, without script, by selecting the text. */
  async function copyKey(page: Page, withScript: boolean): Promise<string> {
    const button = page.getByRole("button", { name: "Copy the license key" });
    expect(await button.isVisible()).toBe(withScript);
    if (!withScript) return shownKey(page);
    await button.click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  }

  async function signIn(page: Page, key: string): Promise<void> {
    await page.getByRole("link", { name: "your account" }).click();
    await page.getByLabel("License key").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Premium, monthly" }).waitFor();
  }

  /** Replaces the key and returns the new one. */
  async function replaceKey(page: Page): Promise<string> {
    await page.getByRole("link", { name: "Replace the key" }).click();
    await page.getByRole("button", { name: "Replace the key" }).click();
    await page.getByText("This is your new key.").waitFor();
    return shownKey(page);
  }

  /** Cancels in the billing portal and waits for the account to say so, because the webhook comes moments later. */
  async function cancel(page: Page): Promise<void> {
    await page.getByRole("button", { name: "Open invoices and billing" }).click();
    await page.locator("#cancel").click();
    await page.locator("#resume").waitFor();
    const isSaid = async (): Promise<boolean> => {
      await page.goto(`${catalog.url}/account`);
      return page.getByText("This trial is canceled").isVisible();
    };
    expect(await within(20, isSaid)).toBe(true);
  }

  async function signOut(page: Page): Promise<void> {
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByText("You are signed out.").waitFor();
    await page.goto(`${catalog.url}/account`);
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  }

  /** An admin finds a license by its owner's mail address, reads the effect of a revocation, and revokes it. */
  async function revoke(page: Page, email: string, reason: string): Promise<void> {
    await page.goto(`${catalog.url}/admin/licenses`);
    await page.getByLabel("Admin token").fill(catalog.adminToken);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Find a license").fill(email);
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByRole("heading", { name: email }).waitFor();
    await page.getByRole("link", { name: "Revoke", exact: true }).click();
    await page.getByLabel("Reason").fill(reason);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("are refused everywhere usually within 40 seconds").waitFor();
    await page.getByRole("button", { name: "Revoke it" }).click();
    await page.getByText("The license is revoked.").waitFor();
    await page.getByText(reason).first().waitFor();
  }

  it.each([
    { withScript: true, name: "attic" },
    { withScript: false, name: "cellar" },
  ])(
    "a license is bought, used, moved to another machine, canceled and revoked; with script: $withScript",
    async ({ withScript, name }) => {
      const email = `${name}@example.com`;
      const buyer = await openWindow(browser, catalog.url, { javaScriptEnabled: withScript });
      await buyer.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: catalog.url });
      const { page } = buyer;
      await buy(page, email);
      const key = await copyKey(page, withScript);
      expect(key).toMatch(/^rbee_lic_[0-9A-Z]+$/);
      expect((await hive(name, key, "activate", "--name", name)).code).toBe(0);

      await signIn(page, key);
      await page.getByRole("heading", { name: "Machines: 1 of 5 in use" }).waitFor();
      await page.getByRole("link", { name: `Free this seat of ${name}` }).click();
      await page.getByRole("button", { name: "Free this seat" }).click();
      await page.getByText("The seat is free.").waitFor();
      await page.getByRole("heading", { name: "Machines: 0 of 5 in use" }).waitFor();

      const newKey = await replaceKey(page);
      expect(newKey).not.toBe(key);
      const other = `not-${name}`;
      expect((await hive(other, key, "activate")).stderr).toContain("KEY_ROTATED");
      expect((await hive(other, newKey, "activate")).code).toBe(0);
      await cancel(page);
      await signOut(page);
      // It is canceled, but paid for until the end of its period.
      expect((await install(other, newKey)).code).toBe(0);

      const admin = await openWindow(browser, catalog.url, { javaScriptEnabled: withScript });
      await revoke(admin.page, email, `stolen from the ${name}`);
      const isRefused = async (): Promise<boolean> => {
        const { code, stderr } = await install(other, newKey);
        return code === 5 && stderr.includes("LICENSE_REVOKED");
      };
      expect(await within(70, isRefused)).toBe(true);

      for (const { context, faults } of [buyer, admin]) {
        await context.close();
        expect(faults).toEqual([]);
      }
    },
  );
});
