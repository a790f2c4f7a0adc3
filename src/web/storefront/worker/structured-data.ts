import type { AvailableWorker } from "../../../domain/catalog/available-workers.ts";
import type { PlanOffer } from "../../../domain/purchase/prices.ts";
import { decimalAmount } from "../../../lib/money.ts";
import { isComingSoon, OPERATING_SYSTEM_WORDS } from "../words.ts";

/**
 * A worker at its page `url` as schema.org's SoftwareApplication, with an offer for each plan with a price. A worker
 * that nobody can have yet can only be ordered ahead.
 */
export function softwareApplication(
  available: AvailableWorker,
  { url, offers }: { url: string; offers: readonly PlanOffer[] },
): object {
  const { worker, version } = available;
  const availability = `https://schema.org/${isComingSoon(available) ? "PreOrder" : "InStock"}`;
  return {
    "@context": "https://schema.org",
    "@type": "SoftwareApplication",
    name: worker.name,
    description: worker.description,
    url,
    applicationCategory: "DeveloperApplication",
    operatingSystem: worker.operatingSystems.map((system) => OPERATING_SYSTEM_WORDS[system]).join(", "),
    ...(version !== null && { softwareVersion: version }),
    license: worker.license,
    offers:
      worker.tier === "free"
        ? [{ "@type": "Offer", price: "0", priceCurrency: "USD" }]
        : offers.flatMap(({ plan, price }) =>
            price === null
              ? []
              : [
                  {
                    "@type": "Offer",
                    name: plan.name,
                    price: decimalAmount(price.amount, price.currency),
                    priceCurrency: price.currency.toUpperCase(),
                    availability,
                  },
                ],
          ),
  };
}
