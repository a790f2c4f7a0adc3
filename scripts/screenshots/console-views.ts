import type { Page } from "playwright-core";
import type { PageView } from "./page-view.ts";
import type { SampleCatalog } from "./sample-catalog.ts";
import { ODD_EVENT } from "./sample-history.ts";

const admin = { as: "admin" } as const;

type Licensed = "monthly" | "revoked" | "lifetime" | "onHold";
const licensePath =
  (name: Licensed, rest = "") =>
  ({ licenses }: SampleCatalog) =>
    `/admin/licenses/${licenses[name].licenseId}${rest}`;

const releasePath =
  (name: "published" | "draft" | "yanked", rest = "") =>
  ({ releases }: SampleCatalog) =>
    `/admin/releases/${releases[name]}${rest}`;

/** Enters a reason and continues to the preview. Nothing changes yet. */
const preview =
  (reason: string, fields: Readonly<Record<string, string>> = {}) =>
  async (page: Page): Promise<void> => {
    for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
    await page.getByLabel("Reason").fill(reason);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForLoadState();
  };

/** The pages of admins. */
export const CONSOLE_VIEWS: readonly PageView[] = [
  { name: "console-sign-in", caption: "Sign in", as: "anybody", path: () => "/admin/sign-in" },
  {
    name: "console-sign-in-refused",
    caption: "An unknown token",
    as: "anybody",
    path: () => "/admin/sign-in",
    async act(page) {
      await page.getByLabel("Admin token").fill("rbee_adm_GMwfLPBazxXnl7k5RL9Oao9gzgqFwK80CdBIHZFlPyc");
      await page.getByRole("button", { name: "Sign in" }).click();
    },
  },
  { name: "console", ...admin, caption: "The dashboard", path: () => "/admin", dark: true },
  { name: "console-orders", ...admin, caption: "Orders", path: () => "/admin/orders", dark: true },
  { name: "console-revenue", ...admin, caption: "Revenue by month", path: () => "/admin/revenue" },
  { name: "console-licenses", ...admin, caption: "Licenses", path: () => "/admin/licenses", dark: true },
  { name: "console-licenses-found", ...admin, caption: "A search", path: () => "/admin/licenses?q=ada%40example.com" },
  { name: "console-licenses-none", ...admin, caption: "Nothing found", path: () => "/admin/licenses?q=nobody" },
  {
    name: "console-bulk",
    ...admin,
    caption: "Suspend many licenses",
    path: () => "/admin/licenses/bulk/suspend?q=example.com",
  },
  {
    name: "console-bulk-preview",
    ...admin,
    caption: "Extend many licenses: the preview",
    path: () => "/admin/licenses/bulk/extend?q=example.com",
    act: preview("the outage of 3 May", { "By how many days": "10" }),
  },
  { name: "console-bulk-none", ...admin, caption: "Nothing to revoke", path: () => "/admin/licenses/bulk/revoke" },
  {
    name: "console-reinstate-many",
    ...admin,
    caption: "Reinstate many licenses",
    path: () => "/admin/licenses/bulk/reinstate?q=example.com",
  },
  { name: "console-search", ...admin, caption: "A search for everything", path: () => "/admin/search?q=cuda" },
  { name: "console-search-none", ...admin, caption: "A search without a match", path: () => "/admin/search?q=nobody" },
  {
    name: "console-license",
    ...admin,
    caption: "A license with its history",
    path: licensePath("monthly"),
    dark: true,
  },
  { name: "console-license-revoked", ...admin, caption: "A revoked license", path: licensePath("revoked") },
  { name: "console-issue", ...admin, caption: "Issue a license", path: () => "/admin/licenses/new" },
  {
    name: "console-issue-preview",
    ...admin,
    caption: "Issue: the preview",
    path: () => "/admin/licenses/new",
    act: preview("for a review", { "Owner's email": "review@example.com" }),
  },
  { name: "console-revoke", ...admin, caption: "Revoke: the reason", path: licensePath("monthly", "/revoke") },
  {
    name: "console-revoke-preview",
    ...admin,
    caption: "Revoke: the preview",
    path: licensePath("monthly", "/revoke"),
    act: preview("key found in a public repository"),
    dark: true,
  },
  { name: "console-suspend", ...admin, caption: "Suspend", path: licensePath("monthly", "/suspend") },
  {
    name: "console-reinstate-preview",
    ...admin,
    caption: "Reinstate: the preview",
    path: licensePath("revoked", "/reinstate"),
    act: preview("it was their own repository"),
  },
  {
    name: "console-extend-refused",
    ...admin,
    caption: "Extend without a date: refused",
    path: licensePath("monthly", "/extend"),
    act: preview("asked for more time"),
  },
  { name: "console-amend", ...admin, caption: "Amend a license", path: licensePath("monthly", "/amend") },
  {
    name: "console-amend-preview",
    ...admin,
    caption: "Amend: the preview",
    path: licensePath("monthly", "/amend"),
    act: preview("goodwill", { Machines: "30", "Owner's email": "new@example.com" }),
  },
  { name: "console-rotate-key", ...admin, caption: "Rotate a key", path: licensePath("monthly", "/rotate-key") },
  {
    name: "console-rotated",
    ...admin,
    caption: "The new key, shown once",
    path: licensePath("onHold", "/rotate-key"),
    async act(page) {
      await preview("leaked")(page);
      await page.getByRole("button", { name: "Rotate the key" }).click();
      await page.waitForLoadState();
    },
  },
  {
    name: "console-refund-preview",
    ...admin,
    caption: "Refund: the preview",
    path: licensePath("lifetime", "/refund"),
    act: preview("bought twice"),
  },
  { name: "console-erase", ...admin, caption: "Erase personal data", path: licensePath("lifetime", "/erase") },
  {
    name: "console-remove-machine",
    ...admin,
    caption: "Free a seat",
    path: ({ licenses: { monthly } }) => `/admin/licenses/${monthly.licenseId}/machines/${monthly.machineId}/remove`,
  },
  {
    name: "console-bar-machine",
    ...admin,
    caption: "Bar a machine: the preview",
    path: ({ licenses: { monthly } }) => `/admin/licenses/${monthly.licenseId}/machines/${monthly.machineId}/bar`,
    act: preview("stolen"),
  },
  {
    name: "console-unbar-machine",
    ...admin,
    caption: "Lift a machine's bar",
    path: ({ licenses: { monthly } }) => `/admin/licenses/${monthly.licenseId}/machines/${monthly.machineId}/unbar`,
  },
  { name: "console-releases", ...admin, caption: "Releases", path: () => "/admin/releases" },
  { name: "console-release", ...admin, caption: "A release", path: releasePath("published") },
  { name: "console-release-draft", ...admin, caption: "A draft", path: releasePath("draft") },
  {
    name: "console-publish-refused",
    ...admin,
    caption: "A draft without files",
    path: releasePath("draft", "/publish"),
    act: preview("announced"),
  },
  {
    name: "console-delete-preview",
    ...admin,
    caption: "Delete a draft: the preview",
    path: releasePath("draft", "/delete"),
    act: preview("built from the wrong branch"),
  },
  {
    name: "console-yank-preview",
    ...admin,
    caption: "Yank: the preview",
    path: releasePath("published", "/yank"),
    act: preview("crashes on start"),
  },
  { name: "console-unyank", ...admin, caption: "Unyank", path: releasePath("yanked", "/unyank") },
  {
    name: "console-block-preview",
    ...admin,
    caption: "Block: the preview",
    path: releasePath("published", "/block"),
    act: preview("a model file can overwrite memory"),
  },
  { name: "console-unblock", ...admin, caption: "Lift a block", path: releasePath("yanked", "/unblock") },
  { name: "console-audit", ...admin, caption: "The audit trail", path: () => "/admin/audit", dark: true },
  {
    name: "console-audit-entry",
    ...admin,
    caption: "An entry of the audit trail",
    path: () => "/admin/audit?action=license.revoke",
    act: (page) => page.locator(".entries summary").first().click(),
  },
  { name: "console-tokens", ...admin, caption: "Tokens", path: () => "/admin/tokens" },
  { name: "console-token-new", ...admin, caption: "A new token", path: () => "/admin/tokens/new" },
  {
    name: "console-token-renew",
    ...admin,
    caption: "Renew a token",
    path: ({ tokens }) => `/admin/tokens/${tokens.supportId}/renew`,
  },
  {
    name: "console-token-keep",
    ...admin,
    caption: "Keep a token",
    path: ({ tokens }) => `/admin/tokens/${tokens.supportId}/keep`,
  },
  {
    name: "console-token-revoke",
    ...admin,
    caption: "Revoke a token",
    path: ({ tokens }) => `/admin/tokens/${tokens.supportId}/revoke`,
  },
  { name: "console-publishers", ...admin, caption: "Trusted publishers", path: () => "/admin/publishers" },
  { name: "console-publisher-new", ...admin, caption: "Add a publisher", path: () => "/admin/publishers/new" },
  {
    name: "console-publisher-preview",
    ...admin,
    caption: "Add a publisher: the preview",
    path: () => "/admin/publishers/new",
    async act(page) {
      await page.getByLabel("llm-worker-rbee-cpu").check();
      await preview("a second repository", {
        ...{ Repository: "rbee-dev/free-workers", "Repository id": "1296269", "Owner id": "65" },
        ...{ Workflow: "release.yml", Environment: "release" },
      })(page);
    },
  },
  {
    name: "console-publisher-remove",
    ...admin,
    caption: "Remove a publisher: the preview",
    path: ({ publisher }) => `/admin/publishers/${publisher}/remove`,
    act: preview("the repository has moved"),
  },
  ...(["plan", "license", "refund"] as const).map((way) => ({
    name: `console-order-${way}`,
    ...admin,
    caption: `Solve an order by a ${way}: refused, because it is not held`,
    path: () => `/admin/orders/order-unreadable/${way}`,
  })),
  { name: "console-webhooks", ...admin, caption: "Webhook endpoints", path: () => "/admin/webhooks" },
  {
    name: "console-webhook-preview",
    ...admin,
    caption: "Add an endpoint: the preview",
    path: () => "/admin/webhooks/new",
    act: preview("accounting follows sales", {
      ...{ URL: "https://books.example.com/rbee", Description: "Books", "Types of events": "license.buy" },
    }),
  },
  { name: "console-webhook", ...admin, caption: "An endpoint", path: ({ webhook }) => `/admin/webhooks/${webhook}` },
  ...(["change", "rotate-secret", "disable", "enable", "replay", "remove"] as const).map((act) => ({
    name: `console-webhook-${act}`,
    ...admin,
    caption: `An endpoint: ${act.replace("-", " ")}`,
    path: ({ webhook }: SampleCatalog) => `/admin/webhooks/${webhook}/${act}`,
  })),
  { name: "console-system", ...admin, caption: "The state of the service", path: () => "/admin/system" },
  { name: "console-doctor", ...admin, caption: "The checks of the deployment", path: () => "/admin/system/doctor" },
  {
    name: "console-dismiss",
    ...admin,
    caption: "Dismiss a payment event",
    path: () => `/admin/system/events/${ODD_EVENT}/dismiss`,
  },
  {
    name: "console-dismiss-preview",
    ...admin,
    caption: "Dismiss: the preview",
    path: () => `/admin/system/events/${ODD_EVENT}/dismiss`,
    act: preview("sold in the old shop"),
  },
  { name: "console-republish", ...admin, caption: "Publish again", path: () => "/admin/system/republish" },
  { name: "console-support", caption: "A license, seen by support", as: "support", path: licensePath("monthly") },
  { name: "console-forbidden", caption: "A page that support may not see", as: "support", path: () => "/admin/tokens" },
];
