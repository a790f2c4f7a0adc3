import type { AvailableWorker } from "../../../domain/catalog/available-workers.ts";
import type { Format } from "../../../domain/catalog/format.ts";
import type { InstallSystem } from "../../../domain/catalog/install-systems.ts";
import type { SystemWays } from "../../../domain/catalog/installation.ts";
import { requirementsOf } from "../../../domain/catalog/release-facts.ts";
import type { ComparisonRow } from "../../../domain/catalog/tier-comparison.ts";
import type { PlanOffer } from "../../../domain/purchase/prices.ts";
import { READMES } from "../../../domain/workers/readmes.ts";
import {
  ButtonLink,
  Facts,
  type FC,
  formatCount,
  IconTile,
  page,
  pathWithQuery,
  Section,
  SiteHeader,
  Split,
  StatusBadge,
  Tag,
} from "../../page/kit.ts";
import { Comparison } from "../comparison.tsx";
import { VerifyCommands } from "../verify.tsx";
import { BACKEND_ICONS, BACKEND_WORDS, isComingSoon, KIND_WORDS, platformText, versionText } from "../words.ts";
import { Systems, TierBadge } from "../worker-card.tsx";
import { type DownloadDay, DownloadSection } from "./download-history.tsx";
import { InstallSection } from "./install-section.tsx";
import { Readme } from "./readme.tsx";
import { ReleaseSection } from "./release-section.tsx";
import { softwareApplication } from "./structured-data.ts";

type Content = {
  formats: readonly Format[];
  available: AvailableWorker;
  /** The worker of the other tier that does the same; null if there is none. */
  counterpart: AvailableWorker | null;
  /** The ways to install it on each system. */
  systems: readonly SystemWays[];
  /** The visitor's system. */
  visitor: InstallSystem;
  /** It beside its counterpart. */
  comparison: readonly ComparisonRow[];
  /** The price of premium workers in words; null if unknown. */
  priceHint: string | null;
  /** The downloads of the last days; null if unknown. */
  downloads: readonly DownloadDay[] | null;
  /** The plans on sale; none for a free worker. */
  offers: readonly PlanOffer[];
  /** This service's own origin. */
  url: string;
};

/** The page of a worker: installation, README, comparison, versions, downloads, requirements and verification. */
export function workerPage(content: Content): Promise<Response> {
  const { formats, available, counterpart, comparison, priceHint, downloads, offers, url } = content;
  const { worker } = available;
  const address = `${url}/w/${worker.id}`;
  const readme = READMES.get(worker.family.id);
  return page({
    title: worker.name,
    header: <SiteHeader current="/" />,
    wide: true,
    publicPage: {
      description: `${worker.description}. Runs on ${BACKEND_WORDS[worker.backend]}: ${platformText(worker)}. How to install it, its versions and how to verify them.`,
      url: address,
      data: softwareApplication(available, { url: address, offers }),
    },
    main: (
      <>
        <nav class="quiet small" aria-label="Breadcrumb">
          <a href="/">Workers</a> / {worker.variant}
        </nav>
        <div class="worker-head">
          <IconTile name={BACKEND_ICONS[worker.backend]} />
          <h1>{worker.name}</h1>
        </div>
        <p class="lead">{worker.description}.</p>
        <p class="row tags">
          <TierBadge tier={worker.tier} />
          {isComingSoon(available) ? <StatusBadge>Coming soon</StatusBadge> : <Tag>{versionText(available)}</Tag>}
          <Systems worker={worker} />
        </p>
        {worker.tier === "premium" ? <Buy available={available} priceHint={priceHint} /> : null}
        <Split aside={<WorkerFacts available={available} />}>
          <InstallSection available={available} systems={content.systems} visitor={content.visitor} />
          {readme === undefined ? null : <Readme text={readme} />}
        </Split>
        {counterpart === null || comparison.length === 0 ? null : (
          <Section
            sided
            title="Free or premium?"
            id="compared"
            lead={
              <>
                Compared with <a href={`/w/${counterpart.worker.id}`}>{counterpart.worker.name}</a>.
              </>
            }
          >
            <Comparison
              caption={`${worker.name} and ${counterpart.worker.name}`}
              rows={comparison}
              priceHint={priceHint}
            />
          </Section>
        )}
        <ReleaseSection formats={formats} available={available} />
        {available.releases?.length ? <VerifySection available={available} url={url} /> : null}
        {downloads === null ? null : <DownloadSection days={downloads} />}
      </>
    ),
  });
}

/** The price and the way to a license. The plans page remembers the worker that the buyer came from. */
const Buy: FC<{ available: AvailableWorker; priceHint: string | null }> = ({ available, priceHint }) => (
  <div class="box row buy">
    <ButtonLink href={pathWithQuery("/plans", { worker: available.worker.id })}>Get a license</ButtonLink>
    <p>
      {!isComingSoon(available) && priceHint !== null ? (
        <>
          <strong>{priceHint}</strong>.{" "}
        </>
      ) : null}
      {isComingSoon(available)
        ? "Not released yet. Your license will include it."
        : "One license covers all premium workers."}{" "}
      Already bought? Find your key in <a href="/account">your account</a>.
    </p>
  </div>
);

/** How to verify a file without trusting this page. */
const VerifySection: FC<{ available: AvailableWorker; url: string }> = ({ available: { worker, latest }, url }) => (
  <Section title="Verify a download" id="verify" sided>
    <div>
      <p>
        Verify a file with our <a href="/keys/release-signing.pub">public key</a> and{" "}
        <a href="https://jedisct1.github.io/minisign/">minisign</a>, with the signature beside it, or run{" "}
        <code>rbee-catalog verify</code>.
      </p>
      <VerifyCommands
        url={url}
        filename={latest?.artifacts.find(({ kind }) => kind === "binary")?.filename ?? "FILE"}
      />
      <p>
        The <a href={`/v1/workers/${worker.id}/index.json`}>signed index</a> (
        <a href={`/v1/workers/${worker.id}/index.json.minisig`}>signature</a>) lists every version, file and checksum.
      </p>
    </div>
  </Section>
);

const WorkerFacts: FC<{ available: AvailableWorker }> = ({ available }) => {
  const { worker, latest } = available;
  const { capabilities, source } = worker;
  const { maxContextLength } = capabilities;
  const needs = [...requirementsOf(latest), ...worker.depends];
  const repository = source.type === "git" && (
    <a href={source.url.replace(/\.git$/, "")}>{new URL(source.url).hostname}</a>
  );
  return (
    <section class="box facts" aria-labelledby="requirements">
      <h2 id="requirements">Requirements</h2>
      <Facts
        facts={[
          ["Runs on", BACKEND_WORDS[worker.backend]],
          ["Systems", platformText(worker)],
          ["Needs", needs.join(", ") || "nothing else"],
          ["To build", worker.sourcePath === null ? null : worker.makedepends.join(", ") || null],
        ]}
      />
      <h2>Facts</h2>
      <Facts
        facts={[
          ["Id", <code>{worker.id}</code>],
          ["Version", versionText(available)],
          ["Generates", KIND_WORDS[worker.kind]],
          ["Models", capabilities.supportedFormats.join(", ")],
          ["Context", maxContextLength === undefined ? null : `up to ${formatCount(maxContextLength)} tokens`],
          ["Streaming", capabilities.supportsStreaming ? "yes" : "no"],
          ["Batching", capabilities.supportsBatching ? "yes" : "no"],
          ["License", worker.license],
          ["Source", repository || null],
          ["Recipe", <a href={`/workers/${worker.variant}/PKGBUILD`}>PKGBUILD</a>],
        ]}
      />
    </section>
  );
};
