import type { Channel } from "../releases/manifest.ts";
import { requiresWords } from "../releases/requires/requires.ts";
import type { CatalogWorker } from "./catalog.ts";
import { type Candidate, type Examined, examine, type Ruled } from "./examine.ts";
import type { LicenseView } from "./license.ts";
import type { Machine } from "./machine.ts";
import { NEED_CODES } from "./needs.ts";

/**
 * The wish of an asker. `worker` is an id, a variant or a family; without it, the workers that generate text are
 * compared. `version` is an exact version instead of the newest of `channel` (default: stable).
 */
export type Asked = {
  worker?: string | null | undefined;
  version?: string | null | undefined;
  channel?: Channel | null | undefined;
};

/** The choice, why, the facts that the machine does not state and the choice needs, and what each other one lacked. */
export type Resolution = {
  choice: { worker_id: string; version: string; platform: string; filename: string } | null;
  why: string;
  untried: string[];
  ruled_out: Ruled[];
};

/** The order of backends, best first. An accelerator that fits is faster than a CPU. */
const BACKEND_ORDER = ["cuda", "rocm", "metal", "cpu"];

const rankOf = (backend: string): number => {
  const at = BACKEND_ORDER.indexOf(backend);
  return at < 0 ? BACKEND_ORDER.length : at;
};

/** The workers that a name means: by id, variant or family. */
export const workersNamed = (catalog: readonly CatalogWorker[], name: string): CatalogWorker[] =>
  catalog.filter(({ id, variant, family }) => [id, variant, family].includes(name));

/**
 * Chooses the worker, version and file for a machine. `catalog` has every worker; `license` is null without one. It
 * depends on nothing else, so the Worker, the command line and a signed mirror give the same answer.
 *
 * A build whose needs the machine states and meets comes before one with an unknown fact. Then an accelerator comes
 * before the CPU, a premium worker that the license covers before a free one, the newest version before older ones, and
 * the build with the most demands before others. Of builds with unknown facts it is the one with the least demands.
 */
export function choose(
  machine: Machine,
  catalog: readonly CatalogWorker[],
  license: LicenseView | null,
  asked: Asked = {},
): Resolution {
  const { worker: name } = asked;
  const scope = name ? workersNamed(catalog, name) : catalog.filter(({ kind }) => kind === "llm");
  const examined = scope.toSorted(compareWorkers).map((worker) => examine(worker, machine, license, asked));
  const [best] = examined.flatMap(({ candidate }) => candidate ?? []).sort(compareCandidates);
  const ruled_out = examined.flatMap((one) => ruledOut(one, best ?? null));
  if (!best) return { choice: null, why: whyNone(ruled_out, name ?? null), untried: [], ruled_out };
  const { worker, release, build, untried } = best;
  const { platform, filename } = build;
  const choice = { worker_id: worker.id, version: release.version, platform, filename };
  return { choice, why: whyThis(best), untried: [...untried], ruled_out };
}

/** Best first. Names decide where nothing else does, so that the order of the catalog does not matter. */
const compareWorkers = (a: CatalogWorker, b: CatalogWorker): number =>
  rankOf(a.backend) - rankOf(b.backend) ||
  Number(a.tier === "free") - Number(b.tier === "free") ||
  (a.id < b.id ? -1 : Number(a.id > b.id));

const compareCandidates = (a: Candidate, b: Candidate): number =>
  Number(a.untried.length > 0) - Number(b.untried.length > 0) || compareWorkers(a.worker, b.worker);

/** What a worker's builds lacked, and its own candidate if another worker was chosen. */
function ruledOut({ candidate, ruled }: Examined, best: Candidate | null): Ruled[] {
  if (!candidate || !best) return [...ruled];
  if (candidate === best) return ruled.map((row) => withAlternative(row, best));
  const { worker, release, build, untried } = candidate;
  const at = { worker_id: worker.id, version: release.version, filename: build.filename };
  const passed: Ruled =
    untried.length > 0
      ? { ...at, code: "UNTRIED", detail: `Not known: ${untried.join("; ")}.` }
      : { ...at, code: "NOT_PREFERRED", detail: `It fits as well, and ${best.worker.id} is preferred.` };
  return [passed, ...ruled];
}

/** The codes of a build that another one of the same release replaces. */
const REPLACED: ReadonlySet<string> = new Set([
  "DRIVER_TOO_OLD",
  "DRIVER_TOO_NEW",
  "ROCM_TOO_OLD",
  "ROCM_TOO_NEW",
  "GPU_NOT_SUPPORTED",
  "LIBC_MISMATCH",
  "LIBC_TOO_OLD",
  "CPU_FEATURE_MISSING",
  "NOT_ENOUGH_MEMORY",
]);

const withAlternative = (row: Ruled, { release, build }: Candidate): Ruled =>
  REPLACED.has(row.code) && row.version === release.version
    ? { ...row, detail: `${row.detail.slice(0, -1)}; the ${buildName(build)} build fits.` }
    : row;

/** A build in a word or two: its toolkit, or its file. */
const buildName = ({ requires, filename }: Candidate["build"]): string => {
  if (requires?.cuda) return `CUDA ${requires.cuda.min}`;
  return requires?.rocm ? `ROCm ${requires.rocm.min}` : filename;
};

function whyThis({ worker, release, build, untried, newer }: Candidate): string {
  const needs = requiresWords(build.requires);
  return [
    `${worker.id} ${release.version} ${untried.length > 0 ? "may run on" : "fits"} this machine${needs && `: it needs ${needs}`}.`,
    newer && `${newer.version} is newer, but ${newer.reason}.`,
    untried.length > 0 ? `Untried, because this is not known: ${untried.join("; ")}.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** The codes of a build that does not run on a machine, or does not exist. */
const MISSING: ReadonlySet<string> = new Set([...NEED_CODES, "UNTRIED", "NOT_RELEASED", "VERSION_NOT_FOUND"]);

/** The reasons that come nearest to a choice: of workers for this kind of machine, in the order of preference. */
function whyNone(rows: readonly Ruled[], name: string | null): string {
  if (rows.length === 0) return name === null ? "The catalog has no worker." : `The catalog has no worker ${name}.`;
  const near = rows.filter(({ code }) => code !== "WRONG_PLATFORM" && code !== "WRONG_BACKEND");
  const told = near.length > 0 ? near : rows;
  const ofWorkers = told.filter(({ worker_id }, at) => told.findIndex((row) => row.worker_id === worker_id) === at);
  const words = ofWorkers
    .slice(0, 3)
    .map(({ worker_id, detail }) => (detail.startsWith(worker_id) ? detail : `${worker_id}: ${detail}`));
  // Else a build may fit, and the license or a withdrawal is in its way.
  const isMissing = told.some(({ code }) => MISSING.has(code));
  return `${isMissing ? "No build for this machine." : "No build may be installed."} ${words.join(" ")}`;
}
