import type { Page } from "playwright-core";
import * as z from "zod";
import type { PageView } from "./page-view.ts";
import type { SampleCatalog } from "./sample-catalog.ts";

const press = (name: string) => (page: Page) => page.getByRole("button", { name, exact: true }).click();

const license = (name: "monthly" | "onHold" | "revoked" | "canceled" | "inGrace" | "given", caption: string) => ({
  caption,
  as: "owner" as const,
  path: ({ licenses }: SampleCatalog) => `/account/licenses/${licenses[name].licenseId}`,
});

const MONTHLY = license("monthly", "");

/** The pages of customers. */
export const ACCOUNT_VIEWS: readonly PageView[] = [
  { name: "sign-in", caption: "Sign in", as: "anybody", path: () => "/account/sign-in" },
  {
    name: "sign-in-refused",
    caption: "An unknown key",
    as: "anybody",
    path: () => "/account/sign-in",
    async act(page) {
      await page.getByLabel("License key or email").fill("rbee_lic_06H0JM1851Z93CPT0M0HB8NP98");
      await press("Sign in")(page);
    },
  },
  {
    name: "sign-in-link",
    caption: "A sign-in link was emailed",
    as: "anybody",
    path: () => "/account/sign-in",
    async act(page) {
      await page.getByLabel("License key or email").fill("nobody@example.com");
      await press("Sign in")(page);
    },
  },
  { name: "recover", caption: "An emailed link", as: "anybody", path: ({ links }) => links.fresh },
  { name: "recover-used", caption: "A used link", as: "anybody", path: ({ links }) => links.used },
  {
    name: "recover-forged",
    caption: "A forged link",
    as: "anybody",
    path: () => "/recover/kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M",
  },
  { name: "account", caption: "All licenses of an address", as: "owner", path: () => "/account", dark: true },
  { name: "account-license", ...MONTHLY, caption: "A license with machines", dark: true },
  { name: "account-key", ...MONTHLY, caption: "The key, shown on demand", act: press("Show the key") },
  {
    name: "account-lease-refused",
    ...MONTHLY,
    caption: "A lease without a free seat",
    async act(page) {
      await page.getByLabel("Or the fingerprint of another machine").fill("one-too-many");
      await press("Download the lease")(page);
    },
  },
  {
    name: "account-free-seat",
    caption: "Free the seat of a machine?",
    as: "owner",
    path: ({ licenses: { monthly } }) => `/account/licenses/${monthly.licenseId}/machines/${monthly.machineId}/free`,
  },
  {
    name: "account-rotate",
    caption: "Replace a key?",
    as: "owner",
    path: ({ licenses }) => `/account/licenses/${licenses.monthly.licenseId}/rotate-key`,
  },
  {
    name: "account-rotated",
    caption: "The new key",
    as: "owner",
    path: ({ licenses }) => `/account/licenses/${licenses.given.licenseId}/rotate-key`,
    act: press("Replace the key"),
  },
  {
    name: "account-end-trial",
    caption: "End a trial early",
    as: "owner",
    path: ({ licenses }) => `/account/licenses/${licenses.monthly.licenseId}/end-trial`,
  },
  { name: "account-given", ...license("given", "A license without a purchase, extended") },
  { name: "account-on-hold", ...license("onHold", "On hold during a dispute") },
  { name: "account-in-grace", ...license("inGrace", "A payment failed: in grace") },
  { name: "account-canceled", ...license("canceled", "Canceled, with time left") },
  { name: "account-revoked", ...license("revoked", "Revoked") },
  { name: "account-emails", caption: "Choose your emails", as: "owner", path: () => "/account/emails" },
  {
    name: "account-emails-prove",
    caption: "Choose your emails, signed in by key",
    as: "key holder",
    path: () => "/account/emails",
  },
  {
    name: "emails",
    caption: "The link that turns a kind of email off",
    as: "anybody",
    path: ({ links }) => links.emails,
  },
  {
    name: "emails-off",
    caption: "A kind of email is turned off",
    as: "anybody",
    path: ({ links }) => links.emails,
    act: press("Turn them off"),
  },
  { name: "emails-forged", caption: "A forged link", as: "anybody", path: () => "/emails/nonsense" },
  { name: "account-device", caption: "Connect a machine", as: "owner", path: () => "/account/device" },
  {
    name: "account-device-approve",
    caption: "Connect this machine?",
    as: "owner",
    path: () => "/account/device",
    async act(page) {
      const answer = await page.request.post(new URL("/v1/device/code", page.url()).href, { data: { name: "attic" } });
      const { user_code: code } = z.object({ user_code: z.string() }).parse(await answer.json());
      await page.getByLabel("Code").fill(code);
      await press("Continue")(page);
    },
  },
  {
    name: "account-device-refused",
    caption: "A code that is not valid",
    as: "owner",
    path: () => "/account/device?code=WDJB-MJHT",
  },
  { name: "account-erase", caption: "Delete my data", as: "owner", path: () => "/account/erase" },
  {
    name: "account-erase-prove",
    caption: "Delete my data, signed in by key",
    as: "key holder",
    path: () => "/account/erase",
  },
  {
    name: "account-unknown",
    caption: "A license of another customer",
    as: "key holder",
    path: ({ licenses }) => `/account/licenses/${licenses.monthly.licenseId}`,
  },
];
