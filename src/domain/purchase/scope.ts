import type Stripe from "stripe";
import type { Config } from "../../platform/config/config.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import { licensePublication } from "../licensing/license/store.ts";
import { stripeClient } from "./stripe.ts";
import type { TouchedLicense } from "./sync.ts";

/** What fulfilment needs of the service around it. */
export type PurchaseScope = { db: D1Database; stripe: Stripe; graceDays: number; livemode: boolean };

/** What fulfilment needs, from the configuration. Throws SERVICE_UNAVAILABLE where nothing is sold. */
export const purchaseScope = async (env: Env, config: Config): Promise<PurchaseScope> => ({
  db: env.DB,
  stripe: await stripeClient(config),
  graceDays: config.GRACE_DAYS,
  livemode: config.LIVEMODE,
});

/**
 * The changes to settle for licenses that were looked at. A license that was not changed is not published again: Stripe may send
 * one event twenty times. Mails may have been queued beside them.
 */
export const purchaseChanges = (licenses: readonly TouchedLicense[]): Changes => ({
  stale: licenses
    .filter(({ changeIds }) => changeIds.length > 0)
    .map(({ licenseId, changeIds }) => ({ ...licensePublication(licenseId), changeIds })),
  mail: true,
});
