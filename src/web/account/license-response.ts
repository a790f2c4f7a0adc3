import { type License, standingOf } from "../../domain/licensing/license/record.ts";
import { currentKey } from "../../domain/licensing/secrets.ts";
import { readPayments } from "../../domain/money/store.ts";
import { readPlanOffers } from "../../domain/purchase/prices.ts";
import { stripePageOrigins } from "../../domain/purchase/stripe.ts";
import type { CustomerContext } from "../../platform/identity/session/guard.ts";
import { type LicensePageContent, licensePage } from "./pages/license-page.tsx";
import { type StandingWords, standingOnPage } from "./standing-words.tsx";
import { readRecentDownloads, readStandingSince, readWasTrial } from "./store.ts";

const DOWNLOADS_SHOWN = 10;

/** The license's current standing in words. Throws D1's errors. */
export async function wordsFor(c: CustomerContext, license: License): Promise<StandingWords> {
  const standing = standingOf(license, c.var.now);
  const since = await readStandingSince(c.env.DB, license, standing);
  const wasTrial = await readWasTrial(c.env.DB, license, standing);
  return standingOnPage(license, standing, { since, wasTrial, now: c.var.now }, c.var.config);
}

/** Further content of a license's page: a confirmation, a refused lease, or with `showKey` the key. */
type Beside = Pick<LicensePageContent, "isRotated" | "done" | "leaseFault"> & { showKey?: boolean };

/** The page of a license. Call it only for a license of the signed-in customer. Throws D1's errors. */
export async function answerWithLicense(
  c: CustomerContext,
  license: License,
  { showKey = false, ...beside }: Beside = {},
): Promise<Response> {
  return licensePage({
    license,
    words: await wordsFor(c, license),
    payments: await readPayments(c.env.DB, license),
    downloads: await readRecentDownloads(c.env.STATISTICS, license, DOWNLOADS_SHOWN, c.var.now),
    licenseKey: showKey ? await currentKey(c.var.config, license) : null,
    offers: await readPlanOffers(c),
    visitor: c.var.session,
    supportEmail: c.var.config.SUPPORT_EMAIL,
    now: c.var.now,
    url: c.var.config.PUBLIC_URL,
    formTargets: stripePageOrigins(c.var.config),
    ...beside,
  });
}
