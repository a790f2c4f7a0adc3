import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import type { Architecture } from "../../domain/workers/recipe.ts";
import type { Backend, Kind, OperatingSystem, Tier } from "../../domain/workers/table.ts";
import type { Worker } from "../../domain/workers/workers.ts";
import { Facts, type FC, StatusBadge } from "../page/kit.ts";

/** The catalog's names in words. */
export const OPERATING_SYSTEM_WORDS: Record<OperatingSystem, string> = {
  linux: "Linux",
  macos: "macOS",
  windows: "Windows",
};

export const ARCHITECTURE_WORDS: Record<Architecture, string> = { x86_64: "x86-64", aarch64: "ARM64" };

export const BACKEND_WORDS: Record<Backend, string> = {
  cpu: "Any CPU",
  cuda: "NVIDIA GPU (CUDA)",
  metal: "Apple GPU (Metal)",
  rocm: "AMD GPU (ROCm)",
};

export const KIND_WORDS: Record<Kind, string> = { llm: "Text", image: "Images" };

export const TIER_WORDS: Record<Tier, string> = { free: "Free", premium: "Premium" };

/** A badge with the worker's tier. */
export const TierBadge: FC<Pick<Worker, "tier">> = ({ tier }) => (
  <StatusBadge tone={tier === "free" ? "good" : "careful"}>{TIER_WORDS[tier]}</StatusBadge>
);

/** The systems and the instruction sets that a worker runs on. */
export const platformText = ({ operatingSystems, architectures }: Worker): string =>
  [
    operatingSystems.map((system) => OPERATING_SYSTEM_WORDS[system]).join(", "),
    architectures.map((architecture) => ARCHITECTURE_WORDS[architecture]).join(", "),
  ].join(" · ");

/** The version that an installation gets, in words. Without a release, a recipe may still build the source as it is. */
export function versionText({ version, releases, latest }: AvailableWorker): string {
  if (version === null) return "not published yet";
  return releases !== null && latest === null ? `${version}, built from source, not released yet` : version;
}

type Props = {
  available: AvailableWorker;
  /** The price of premium workers, if known. */
  priceHint: string | null;
};

/** A worker in a list. */
export const WorkerCard: FC<Props> = ({ available, available: { worker }, priceHint }) => (
  <li class="box card">
    <h2>
      <a href={`/w/${worker.id}`}>{worker.name}</a>
    </h2>
    <div class="row">
      <TierBadge tier={worker.tier} />
    </div>
    <p>{worker.description}.</p>
    <Facts
      facts={[
        ["Generates", KIND_WORDS[worker.kind]],
        ["Runs on", BACKEND_WORDS[worker.backend]],
        ["Platforms", platformText(worker)],
        ["Version", versionText(available)],
        ["Price", worker.tier === "premium" ? priceHint : null],
      ]}
    />
  </li>
);
