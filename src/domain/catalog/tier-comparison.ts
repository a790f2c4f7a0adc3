import type { Plan } from "../licensing/plans.ts";
import { BACKENDS, OPERATING_SYSTEMS, type OperatingSystem, type Tier } from "../workers/table.ts";
import { TIER_CAPABILITIES } from "../workers/tiers.ts";
import { BACKEND_NAMES, type Worker } from "../workers/workers.ts";
import type { AvailableWorker } from "./available-workers.ts";
import { latestFiles } from "./format.ts";

/** A fact of one side. `holds` tells whether it is an advantage (true) or a lack (false); null: neither. */
export type ComparedFact = { text: string; holds: boolean | null };

/** A line of the comparison. */
export type ComparisonRow = { label: string } & Record<Tier, ComparedFact>;

/** The names of operating systems for people. */
const SYSTEM_NAMES: Record<OperatingSystem, string> = { linux: "Linux", macos: "macOS", windows: "Windows" };

type Sides = Record<Tier, readonly AvailableWorker[]>;

type GrantOfPlan = Pick<Plan, "name" | "versions" | "updates_days" | "machine_limit" | "offline_days">;

/**
 * Free workers beside premium ones, from the worker table, the published releases and the plans on sale. Empty if one
 * side has no worker. A measured figure is a line only if a worker on each side has it.
 */
export function compareTiers(sides: Sides, plans: readonly GrantOfPlan[]): ComparisonRow[] {
  if (sides.free.length === 0 || sides.premium.length === 0) return [];
  const row = (label: string, fact: (tier: Tier, workers: readonly AvailableWorker[]) => ComparedFact | string) => {
    const of = (tier: Tier): ComparedFact => {
      const found = fact(tier, sides[tier]);
      return typeof found === "string" ? { text: found, holds: null } : found;
    };
    return { label, free: of("free"), premium: of("premium") };
  };
  return [
    row("Ready to run", delivery),
    row("Build tools", (_, workers) => buildTools(workers)),
    row("Systems", (_, workers) =>
      namesOf(OPERATING_SYSTEMS, SYSTEM_NAMES, (system) => workers.some(({ worker }) => runsOn(worker, system))),
    ),
    row("Runs on", (_, workers) =>
      namesOf(BACKENDS, BACKEND_NAMES, (backend) => workers.some(({ worker }) => worker.backend === backend)),
    ),
    row("Source code", (_, workers) => sourceCode(workers)),
    row("Updates", (tier) => (TIER_CAPABILITIES[tier].needsLicense ? updates(plans) : "Every version")),
    row("Machines", (tier) =>
      TIER_CAPABILITIES[tier].needsLicense
        ? `${either(plans.map(({ machine_limit }) => machine_limit))} on one license`
        : "Any number",
    ),
    row("Without a network", (tier) =>
      TIER_CAPABILITIES[tier].needsLicense
        ? `Offline leases of up to ${either(plans.map(({ offline_days }) => offline_days))} days`
        : "No license to check",
    ),
    row("Support", (tier) =>
      TIER_CAPABILITIES[tier].support === "email"
        ? { text: "By email", holds: true }
        : { text: "The community, on GitHub", holds: null },
    ),
    ...measured(sides),
  ];
}

const runsOn = ({ operatingSystems }: Worker, system: OperatingSystem): boolean => operatingSystems.includes(system);

function namesOf<Name extends string>(
  all: readonly Name[],
  words: Readonly<Record<Name, string>>,
  has: (name: Name) => boolean,
): string {
  return all
    .filter(has)
    .map((name) => words[name])
    .join(", ");
}

/** How a machine gets the workers now. Those without a released binary are built from source, or are coming soon. */
function delivery(tier: Tier, workers: readonly AvailableWorker[]): ComparedFact {
  const isSource = TIER_CAPABILITIES[tier].delivery === "source";
  const files = workers.map((available) => latestFiles(available, "binary")).filter(({ length }) => length > 0);
  if (files.length === 0) {
    return isSource
      ? { text: "Builds from source on your machine", holds: false }
      : { text: "Prebuilt and signed, coming soon", holds: null };
  }
  const prebuilt = files.flat().every(({ signature }) => signature !== null) ? "Prebuilt and signed" : "Prebuilt";
  if (files.length === workers.length) return { text: prebuilt, holds: true };
  const count = `${files.length} of ${workers.length}`;
  return isSource
    ? { text: `${count} prebuilt, the others build from source`, holds: null }
    : { text: `${prebuilt}, ${count} released`, holds: true };
}

/** The tools that a machine needs to build those of the workers that it must build. */
function buildTools(workers: readonly AvailableWorker[]): ComparedFact {
  const built = workers.filter(
    (available) => available.worker.sourcePath !== null && latestFiles(available, "binary").length === 0,
  );
  const tools = [...new Set(built.flatMap(({ worker }) => worker.makedepends))];
  return tools.length === 0 ? { text: "None", holds: true } : { text: tools.join(", "), holds: false };
}

function sourceCode(workers: readonly AvailableWorker[]): ComparedFact {
  const licenses = [...new Set(workers.map(({ worker }) => worker.license))].join(", ");
  const isOpen = workers.every(({ worker }) => worker.sourcePath !== null);
  return isOpen ? { text: `Open, ${licenses}`, holds: true } : { text: "Closed, proprietary license", holds: false };
}

/** The versions that the plans cover: `Every version with Premium, monthly; versions <2.0.0 with Premium, lifetime`. */
function updates(plans: readonly GrantOfPlan[]): string {
  const covered = plans.map(({ name, versions, updates_days }) => {
    const range = versions === "*" ? "every version" : `versions ${versions}`;
    return { name, words: updates_days === null ? range : `${range} of ${updates_days} days` };
  });
  const [first] = covered;
  const isSame = covered.every(({ words }) => words === first?.words);
  const text = isSame ? (first?.words ?? "") : covered.map(({ name, words }) => `${words} with ${name}`).join("; ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Numbers in rising order, each once: `5 or 25`. */
const either = (numbers: readonly number[]): string => [...new Set(numbers)].toSorted((a, b) => a - b).join(" or ");

function measured({ free, premium }: Sides): ComparisonRow[] {
  const figuresOf = (workers: readonly AvailableWorker[]) => workers.flatMap(({ worker }) => worker.figures ?? []);
  return figuresOf(free).flatMap((own) => {
    const other = figuresOf(premium).find(({ name }) => name === own.name);
    if (!other) return [];
    const fact = ({ value, measured }: typeof own): ComparedFact => ({ text: `${value} (${measured})`, holds: null });
    return [{ label: own.name, free: fact(own), premium: fact(other) }];
  });
}

/** The worker of the other tier that does the same on the same backend; null if there is none. */
export function counterpartOf({ worker }: AvailableWorker, all: Iterable<AvailableWorker>): AvailableWorker | null {
  for (const other of all) {
    const { kind, backend, tier } = other.worker;
    if (kind === worker.kind && backend === worker.backend && tier !== worker.tier) return other;
  }
  return null;
}
