import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { decimalAmount } from "../page/kit.ts";
import { OPERATING_SYSTEM_WORDS } from "./worker-card.tsx";

/**
 * A worker as schema.org's SoftwareApplication, for search engines. `url` is its page. A premium worker has an offer
 * for each plan with a known price.
 */
export function softwareApplication(
  { worker, version }: AvailableWorker,
  { url, offers }: { url: string; offers: readonly PlanOffer[] },
): object {
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
                    availability: "https://schema.org/InStock",
                  },
                ],
          ),
  };
}
