import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import type { WorkerQuery } from "../../domain/catalog/search.ts";
import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { ARCHITECTURES } from "../../domain/workers/recipe.ts";
import { BACKENDS, KINDS, OPERATING_SYSTEMS, TIERS } from "../../domain/workers/table.ts";
import { type FC, Field, FilterSelect, page, pathWithQuery, SiteHeader } from "../page/kit.ts";
import { priceHint } from "../shop/plan-page.tsx";
import {
  ARCHITECTURE_WORDS,
  BACKEND_WORDS,
  KIND_WORDS,
  OPERATING_SYSTEM_WORDS,
  TIER_WORDS,
  WorkerCard,
} from "./worker-card.tsx";

type Content = {
  query: WorkerQuery;
  /** The matching workers, best first. */
  found: readonly AvailableWorker[];
  offers: readonly PlanOffer[];
  /** This service's own origin. */
  url: string;
};

/** The storefront: an introduction and the workers that match the query. */
export function workerListPage({ query, found, offers, url }: Content): Promise<Response> {
  const hint = priceHint(offers);
  const asked = filterPath(query) !== "/";
  return page({
    title: "AI workers for your own machines",
    header: <SiteHeader current="/" />,
    wide: true,
    publicPage: {
      description:
        "Workers run language and image models on your own CPU, GPU or Mac. Free workers build from source. Premium workers are ready to run.",
      url: `${url}/`,
    },
    main: (
      <>
        <h1>AI workers for your own machines</h1>
        <p>
          A worker is a program that runs language or image models for an rbee hive, on your CPU, your GPU or your Mac.
          Free workers are open source and build from a recipe. Premium workers are signed, ready to run, and need a{" "}
          <a href="/plans">license</a>.
        </p>
        <WorkerFilter query={query} />
        <p role="status" class="quiet">
          {found.length === 1 ? "1 worker" : `${found.length} workers`}
          {asked ? (
            <>
              {" "}
              for this search · <a href="/">show all</a>
            </>
          ) : null}
        </p>
        {found.length === 0 ? (
          <div class="box">
            <p>
              <strong>No worker matches all of this.</strong>
            </p>
            <p>
              Try fewer words, or any processor. If no worker supports your GPU, use a{" "}
              <a href="/?backend=cpu">worker for any CPU</a>.
            </p>
          </div>
        ) : (
          <ul class="cards">
            {found.map((available) => (
              <WorkerCard available={available} priceHint={hint} />
            ))}
          </ul>
        )}
      </>
    ),
  });
}

/** The path of the list for a query, with each parameter once and in a fixed order: `/?q=gguf&backend=cuda`. */
export const filterPath = ({ q, operatingSystem, architecture, kind, backend, tier }: WorkerQuery): string =>
  pathWithQuery("/", { q: q?.trim(), platform: operatingSystem, arch: architecture, kind, backend, tier });

const SHORTCUTS: readonly { text: string; query: WorkerQuery }[] = [
  { text: "All", query: {} },
  { text: "Text", query: { kind: "llm" } },
  { text: "Images", query: { kind: "image" } },
  { text: "NVIDIA GPU", query: { backend: "cuda" } },
  { text: "AMD GPU", query: { backend: "rocm" } },
  { text: "Apple silicon", query: { operatingSystem: "macos", architecture: "aarch64" } },
  { text: "Any CPU", query: { backend: "cpu" } },
  { text: "Free", query: { tier: "free" } },
  { text: "Premium", query: { tier: "premium" } },
];

/** The search form, and links to common searches. The URL contains the search, so a person can share it. */
export const WorkerFilter: FC<{ query: WorkerQuery }> = ({ query }) => (
  <search>
    <nav class="shortcuts" aria-label="Common searches">
      {SHORTCUTS.map((shortcut) => (
        <a
          href={filterPath(shortcut.query)}
          aria-current={filterPath(shortcut.query) === filterPath(query) ? "page" : undefined}
        >
          {shortcut.text}
        </a>
      ))}
    </nav>
    <form method="get" action="/" class="filter">
      <Field name="q" label="Search" type="search" maxlength={200} placeholder="gguf, streaming…" value={query.q} />
      <Choice
        name="platform"
        label="System"
        words={OPERATING_SYSTEM_WORDS}
        of={OPERATING_SYSTEMS}
        value={query.operatingSystem}
      />
      <Choice name="arch" label="Processor" words={ARCHITECTURE_WORDS} of={ARCHITECTURES} value={query.architecture} />
      <Choice name="kind" label="Generates" words={KIND_WORDS} of={KINDS} value={query.kind} />
      <Choice name="backend" label="Runs on" words={BACKEND_WORDS} of={BACKENDS} value={query.backend} />
      <Choice name="tier" label="Price" words={TIER_WORDS} of={TIERS} value={query.tier} />
      <button type="submit">Search</button>
    </form>
  </search>
);

type ChoiceProps = {
  name: string;
  label: string;
  of: readonly string[];
  words: Readonly<Record<string, string>>;
  value: string | undefined;
};

const Choice: FC<ChoiceProps> = ({ of, words, ...choice }) => (
  <FilterSelect {...choice} options={of.map((one) => ({ value: one, text: words[one] ?? one }))} />
);
