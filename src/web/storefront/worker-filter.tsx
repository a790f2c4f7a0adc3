import type { WorkerQuery } from "../../domain/catalog/search.ts";
import { BACKENDS, KINDS, OPERATING_SYSTEMS, TIERS } from "../../domain/workers/table.ts";
import { type FC, Field, FilterSelect, pathWithQuery } from "../page/kit.ts";
import { ARCHITECTURE_WORDS, BACKEND_WORDS, KIND_WORDS, OPERATING_SYSTEM_WORDS, TIER_WORDS } from "./words.ts";

/** The path of the list for a query, with each parameter once and in a fixed order: `/?q=gguf&backend=cuda`. */
export const filterPath = ({ q, operatingSystem, architecture, kind, backend, tier }: WorkerQuery): string =>
  pathWithQuery("/", { q: q?.trim(), platform: operatingSystem, arch: architecture, kind, backend, tier });

/** The conditions of a query in words, each with the query without it. */
function conditions(query: WorkerQuery): { text: string; without: WorkerQuery }[] {
  const { q, operatingSystem, architecture, kind, backend, tier } = query;
  return [
    { text: q && `“${q}”`, without: { ...query, q: undefined } },
    {
      text: operatingSystem && OPERATING_SYSTEM_WORDS[operatingSystem],
      without: { ...query, operatingSystem: undefined },
    },
    { text: architecture && ARCHITECTURE_WORDS[architecture], without: { ...query, architecture: undefined } },
    { text: backend && BACKEND_WORDS[backend], without: { ...query, backend: undefined } },
    { text: kind && KIND_WORDS[kind], without: { ...query, kind: undefined } },
    { text: tier && TIER_WORDS[tier], without: { ...query, tier: undefined } },
  ].flatMap(({ text, without }) => (text ? [{ text, without }] : []));
}

type Props = { query: WorkerQuery; found: number };

/**
 * The search form in one row, the number of workers found, and the conditions of the search, each a link that removes
 * it. The URL contains the search, so a person can share it.
 */
export const WorkerFilter: FC<Props> = ({ query, found }) => (
  <search>
    <form method="get" action="/#workers" class="filter">
      <Field name="q" label="Search" type="search" maxlength={200} placeholder="gguf, flux…" value={query.q} />
      <Choice
        name="platform"
        label="System"
        words={OPERATING_SYSTEM_WORDS}
        of={OPERATING_SYSTEMS}
        value={query.operatingSystem}
      />
      <Choice name="backend" label="Runs on" words={BACKEND_WORDS} of={BACKENDS} value={query.backend} />
      <Choice name="kind" label="Generates" words={KIND_WORDS} of={KINDS} value={query.kind} />
      <Choice name="tier" label="Price" words={TIER_WORDS} of={TIERS} value={query.tier} />
      {query.architecture === undefined ? null : <input type="hidden" name="arch" value={query.architecture} />}
      <button type="submit">Search</button>
    </form>
    <div class="row conditions">
      <p role="status" class="quiet">
        {found === 1 ? "1 worker" : `${found} workers`}
      </p>
      {conditions(query).map(({ text, without }) => (
        <a href={filterPath(without)}>
          <span class="unseen">Remove </span>
          {text} <span aria-hidden="true">×</span>
        </a>
      ))}
      {filterPath(query) === "/" ? null : <a href="/">Show all</a>}
    </div>
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
