import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { type FC, formatCount, page, SiteHeader } from "../page/kit.ts";
import { PlanBoxes, priceHint } from "../shop/plan-box.tsx";
import type { AvailableWorker } from "./available-workers.ts";
import type { DownloadDay } from "./download-history.ts";
import { DownloadSection } from "./download-section.tsx";
import { InstallSection } from "./install-section.tsx";
import { ReleaseSection } from "./release-section.tsx";
import { softwareApplication } from "./structured-data.ts";
import { platformText, TierBadge, versionText } from "./worker-card.tsx";
import { BACKEND_WORDS } from "./worker-words.ts";

type Content = {
  available: AvailableWorker;
  /** Of the last days; null while they cannot be told. */
  downloads: readonly DownloadDay[] | null;
  /** The plans on sale; none for a free worker. */
  offers: readonly PlanOffer[];
  /** This service's own origin. */
  url: string;
  /** Where the payment page may be. */
  formTargets: readonly string[];
};

/** All about one worker. */
export function workerPage({ available, downloads, offers, url, formTargets }: Content): Promise<Response> {
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
            <InstallSection available={available} url={url} />
            {offers.length === 0 ? null : (
              <section aria-labelledby="plans">
                <h2 id="plans">Get a license</h2>
                <p>
                  One license opens this and every other premium worker. Already have one? Its key is in{" "}
                  <a href="/account">your account</a>.
                </p>
                {available.releases?.length === 0 ? (
                  <p>This worker itself is not published yet: a license opens it as soon as it is.</p>
                ) : null}
                <PlanBoxes offers={offers} />
              </section>
            )}
            <ReleaseSection available={available} />
            {downloads === null ? null : <DownloadSection days={downloads} />}
          </div>
          <Facts available={available} />
        </div>
      </>
    ),
  });
}

const Facts: FC<{ available: AvailableWorker }> = ({ available }) => {
  const { worker } = available;
  const { capabilities, source } = worker;
  return (
    <section class="box facts" aria-labelledby="facts">
      <h2 id="facts">Facts</h2>
      <dl>
        <dt>Id</dt>
        <dd>
          <code>{worker.id}</code>
        </dd>
        <dt>Version</dt>
        <dd>{versionText(available)}</dd>
        <dt>Runs on</dt>
        <dd>{BACKEND_WORDS[worker.backend]}</dd>
        <dt>Platforms</dt>
        <dd>{platformText(worker)}</dd>
        <dt>Models</dt>
        <dd>{capabilities.supportedFormats.join(", ")}</dd>
        <dt>Context</dt>
        <dd>up to {formatCount(capabilities.maxContextLength)} tokens</dd>
        <dt>Streaming</dt>
        <dd>{capabilities.supportsStreaming ? "yes" : "no"}</dd>
        <dt>Batching</dt>
        <dd>{capabilities.supportsBatching ? "yes" : "no"}</dd>
        <dt>Needs</dt>
        <dd>{worker.depends.join(", ") || "nothing else"}</dd>
        <dt>To build</dt>
        <dd>{worker.makedepends.join(", ") || "nothing else"}</dd>
        <dt>License</dt>
        <dd>{worker.license}</dd>
        {source.type === "git" ? (
          <>
            <dt>Source</dt>
            <dd>
              <a href={source.url.replace(/\.git$/, "")}>{new URL(source.url).hostname}</a>
            </dd>
          </>
        ) : null}
        <dt>Recipe</dt>
        <dd>
          <a href={`/workers/${worker.variant}/PKGBUILD`}>PKGBUILD</a>
        </dd>
      </dl>
    </section>
  );
};
