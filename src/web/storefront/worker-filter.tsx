import type { WorkerQuery } from "../../domain/catalog/search.ts";
import { ARCHITECTURES } from "../../domain/workers/recipe.ts";
import { BACKENDS, OPERATING_SYSTEMS, TIERS } from "../../domain/workers/table.ts";
import { type FC, Field, FilterSelect, pathWithQuery } from "../page/kit.ts";
import { ARCHITECTURE_WORDS, BACKEND_WORDS, OPERATING_SYSTEM_WORDS, TIER_WORDS } from "./worker-card.tsx";

/** The path of the list for a query, with each parameter once and in a fixed order: `/?q=gguf&backend=cuda`. */
export const filterPath = ({ q, operatingSystem, architecture, backend, tier }: WorkerQuery): string =>
  pathWithQuery("/", { q: q?.trim(), platform: operatingSystem, arch: architecture, backend, tier });

const SHORTCUTS: readonly { text: string; query: WorkerQuery }[] = [
  { text: "All", query: {} },
  { text: "NVIDIA GPU", query: { backend: "cuda" } },
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
