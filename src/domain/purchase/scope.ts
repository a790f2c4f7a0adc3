import type Stripe from "stripe";
import type { Config } from "../../platform/config/config.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import { licensePublication } from "../licensing/license/store.ts";
import { stripeClient } from "./stripe.ts";
import type { TouchedLicense } from "./sync.ts";

/** The dependencies of a purchase. */
export type PurchaseScope = { db: D1Database; stripe: Stripe; graceDays: number; livemode: boolean };

/** The dependencies of a purchase, from the configuration. Throws SERVICE_UNAVAILABLE when nothing is sold. */
export const purchaseScope = async (env: Env, config: Config): Promise<PurchaseScope> => ({
  db: env.DB,
  stripe: await stripeClient(config),
  graceDays: config.GRACE_DAYS,
  livemode: config.LIVEMODE,
});

/**
 * The changes to settle for synced licenses. An unchanged license is not published again, because Stripe may send one
 * event twenty times. Mails may have been queued, too.
 */
export const purchaseChanges = (licenses: readonly TouchedLicense[]): Changes => ({
  stale: licenses
    .filter(({ changeIds }) => changeIds.length > 0)
    .map(({ licenseId, changeIds }) => ({ ...licensePublication(licenseId), changeIds })),
  mail: true,
});
