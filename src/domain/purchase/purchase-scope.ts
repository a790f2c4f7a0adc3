import type { Config } from "../../platform/config/config.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { publishNow } from "../../publication.ts";
import type { PurchaseScope } from "./fulfilment.ts";
import type { TouchedLicense } from "./license-sync.ts";
import { stripeClient } from "./stripe-client.ts";

/** What fulfilment needs, from the configuration. Throws SERVICE_UNAVAILABLE where nothing is sold. */
export const purchaseScope = async (env: Env, config: Config): Promise<PurchaseScope> => ({
  db: env.DB,
  stripe: await stripeClient(config),
  graceDays: config.GRACE_DAYS,
  livemode: config.LIVEMODE,
});

/** Publishes the licenses that this request has changed. An event that is delivered twenty times is not twenty writes to KV. */
export async function publishLicenses(
  c: Pick<RequestScope, "env" | "executionCtx">,
  licenses: TouchedLicense[],
): Promise<void> {
  for (const { licenseId, changeIds } of licenses) {
    if (changeIds.length > 0) await publishNow(c, { topic: "license", key: licenseId }, changeIds);
  }
}
