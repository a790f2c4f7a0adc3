import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import type { Format } from "../../domain/catalog/format.ts";
import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { decimalAmount } from "../../lib/money.ts";
import { Facts, type FC, formatCount, page, SiteHeader } from "../page/kit.ts";
import { PlanBoxes, priceHint } from "../shop/plan-page.tsx";
import { type DownloadDay, DownloadSection } from "./download-history.tsx";
import { InstallSection } from "./install-page.tsx";
import { ReleaseSection } from "./release-section.tsx";
import {
  BACKEND_WORDS,
  KIND_WORDS,
  OPERATING_SYSTEM_WORDS,
  platformText,
  TierBadge,
  versionText,
} from "./worker-card.tsx";

type Content = {
  formats: readonly Format[];
  available: AvailableWorker;
  /** The downloads of the last days; null if unknown. */
  downloads: readonly DownloadDay[] | null;
  /** The plans on sale; none for a free worker. */
  offers: readonly PlanOffer[];
  /** This service's own origin. */
  url: string;
  /** The possible origins of the payment page. */
  formTargets: readonly string[];
};

/** The page of a worker: installation, plans, versions, downloads and facts. */
export function workerPage({ formats, available, downloads, offers, url, formTargets }: Content): Promise<Response> {
  const { worker } = available;
  const address = `${url}/w/${worker.id}`;
  const hint = priceHint(offers);
  return page({
    title: worker.name,
    header: <SiteHeader current="/" />,
    wide: true,
    formTargets,
    publicPage: {
      description: `${worker.description}. ${platformText(worker)}. How to install it, its versions and their checksums.`,
      url: address,
      data: softwareApplication(available, { url: address, offers }),
    },
    main: (
      <>
        <p class="quiet">
          <a href="/">Workers</a> / {worker.variant}
        </p>
        <div class="row">
          <h1>{worker.name}</h1>
          <TierBadge tier={worker.tier} />
        </div>
        <p class="lead">{worker.description}.</p>
        {offers.length === 0 ? null : (
          <p>
            {hint === null ? null : (
              <>
                <strong>{hint}</strong> ·{" "}
              </>
            )}
            <a href="#plans">Get a license</a>
          </p>
        )}
        <div class="beside">
          <div>
            <InstallSection formats={formats} available={available} url={url} />
            {offers.length === 0 ? null : (
              <section aria-labelledby="plans">
                <h2 id="plans">Get a license</h2>
                <p>
                  One license opens all premium workers. Do you already have one? Its key is in{" "}
                  <a href="/account">your account</a>.
                </p>
                {available.releases?.length === 0 ? (
                  <p>This worker is not published yet. Your license will open it after its publication.</p>
                ) : null}
                <PlanBoxes offers={offers} />
              </section>
            )}
            <ReleaseSection formats={formats} available={available} />
            {downloads === null ? null : <DownloadSection days={downloads} />}
          </div>
          <WorkerFacts available={available} />
        </div>
      </>
    ),
  });
}

const WorkerFacts: FC<{ available: AvailableWorker }> = ({ available }) => {
  const { worker } = available;
  const { capabilities, source } = worker;
  const { maxContextLength } = capabilities;
  const repository = source.type === "git" && (
    <a href={source.url.replace(/\.git$/, "")}>{new URL(source.url).hostname}</a>
  );
  return (
    <section class="box facts" aria-labelledby="facts">
      <h2 id="facts">Facts</h2>
      <Facts
        facts={[
          ["Id", <code>{worker.id}</code>],
          ["Version", versionText(available)],
          ["Generates", KIND_WORDS[worker.kind]],
          ["Runs on", BACKEND_WORDS[worker.backend]],
          ["Platforms", platformText(worker)],
          ["Models", capabilities.supportedFormats.join(", ")],
          ["Context", maxContextLength === undefined ? null : `up to ${formatCount(maxContextLength)} tokens`],
          ["Streaming", capabilities.supportsStreaming ? "yes" : "no"],
          ["Batching", capabilities.supportsBatching ? "yes" : "no"],
          ["Needs", worker.depends.join(", ") || "nothing else"],
          ["To build", worker.makedepends.join(", ") || "nothing else"],
          ["License", worker.license],
          ["Source", repository || null],
          ["Recipe", <a href={`/workers/${worker.variant}/PKGBUILD`}>PKGBUILD</a>],
        ]}
      />
    </section>
  );
};

/** A worker at its page `url` as schema.org's SoftwareApplication, with an offer for each plan with a price. */
function softwareApplication(
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
