import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { findChromium, launchChromium, openWindow, type Window } from "./browser.ts";
import { buy, within } from "./buyer.ts";
import { freePort, launch, ready, type Server } from "./development-server.ts";
import { type Run, rbeeCatalog } from "./program-run.ts";

const Start = z.object({ url: z.string() });

const chromium = findChromium();
if (chromium === null) console.warn("No Chromium on the PATH: the account is not clicked through.");

describe.skipIf(chromium === null)("a customer with a browser (needs Chromium)", () => {
  let root = "";
  let server: Server;
  let url = "";
  let browser: Browser;
  let window: Window;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "rbee-account-"));
    server = await ready(launch(join(root, "dev"), await freePort()));
    ({ url } = Start.parse(JSON.parse(await readFile(join(root, "dev", "start.json"), "utf8"))));
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(root, { recursive: true, force: true });
  });
  afterEach(async () => {
    await window.context.close();
    expect(window.faults).toEqual([]);
  });

  /** A command on a machine of its own, which holds this key. */
  const hive = (name: string, key: string, ...args: string[]): Promise<Run> =>
    rbeeCatalog(args, {
      DEV_DIR: join(root, "nowhere"),
      RBEE_CATALOG_URL: url,
      XDG_CONFIG_HOME: join(root, name),
      RBEE_MACHINE: `machine-of-${name}`,
      RBEE_LICENSE_KEY: key,
    });

  const signIn = async (key: string): Promise<void> => {
    await window.page.goto(`${url}/account`);
    await window.page.getByLabel("License key").fill(key);
    await window.page.getByRole("button", { name: "Sign in" }).click();
    await window.page.waitForURL(`${url}/account`);
  };

  it.each([true, false])(
    "sees a machine, frees its seat, replaces the key and cancels in the portal; with script: %s",
    async (javaScriptEnabled) => {
      const { key } = await buy(url, "premium-monthly", 1);
      const name = javaScriptEnabled ? "attic" : "cellar";
      expect((await hive(name, key, "activate", "--name", name)).code).toBe(0);
      window = await openWindow(browser, url, { javaScriptEnabled });
      const { page } = window;
      await signIn(key);
      await page.getByRole("heading", { name: "Machines: 1 of 1 in use" }).waitFor();
      await page.getByRole("button", { name: `Free this seat of ${name}` }).click();
      await page.getByText("The seat is free.").waitFor();
      await page.getByRole("heading", { name: "Machines: 0 of 1 in use" }).waitFor();
      expect((await hive("another", key, "activate")).code).toBe(0);

      await page.getByRole("link", { name: "Replace the key" }).click();
      await page.getByRole("button", { name: "Replace the key" }).click();
      const newKey = (await page.textContent("#license-key"))?.trim() ?? "";
      expect(newKey).not.toBe(key);
      expect((await hive("another", key, "activate")).stderr).toContain("KEY_ROTATED");
      expect((await hive("another", newKey, "activate")).code).toBe(0);

      await page.getByRole("button", { name: "Open invoices and billing" }).click();
      await page.locator("#cancel").click();
      await page.locator("#resume").waitFor();
      // The account follows what Stripe sends, moments later.
      const isCanceled = async (): Promise<boolean> => {
        await page.goto(`${url}/account`);
        return page.getByText("This license is canceled").isVisible();
      };
      expect(await within(20, isCanceled)).toBe(true);

      await page.getByRole("button", { name: "Sign out", exact: true }).click();
      await page.getByText("You are signed out.").waitFor();
      await page.goto(`${url}/account`);
      await page.getByRole("heading", { name: "Sign in with a license key" }).waitFor();
    },
  );
});
