import type { Architecture } from "../workers/recipe.ts";
import type { Backend, OperatingSystem, Tier } from "../workers/table.ts";
import type { Worker } from "../workers/workers.ts";

/** What a worker must match; a member that is absent matches every worker. */
export type WorkerQuery = {
  /** Words, each of which must occur, in any case, in the worker's names, description, backend or capabilities. */
  q?: string | undefined;
  operatingSystem?: OperatingSystem | undefined;
  architecture?: Architecture | undefined;
  backend?: Backend | undefined;
  tier?: Tier | undefined;
};

/**
 * The workers that match `query`, best first: free before premium; and once the query describes hardware, those that
 * use an accelerator of it (cuda, metal) before cpu, which runs everywhere. Else they stay in the given order.
 */
export function searchWorkers(workers: readonly Worker[], query: WorkerQuery): Worker[] {
  const words = (query.q ?? "").toLowerCase().split(/\s+/);
  const describesHardware = query.operatingSystem !== undefined || query.architecture !== undefined;
  const rank = (worker: Worker) =>
    (worker.tier === "free" ? 0 : 2) + (describesHardware && worker.backend === "cpu" ? 1 : 0);
  return workers
    .filter((worker) => {
      const text = searchText(worker);
      return (
        words.every((word) => text.includes(word)) &&
        (query.operatingSystem === undefined || worker.operatingSystems.includes(query.operatingSystem)) &&
        (query.architecture === undefined || worker.architectures.includes(query.architecture)) &&
        (query.backend === undefined || worker.backend === query.backend) &&
        (query.tier === undefined || worker.tier === query.tier)
      );
    })
    .toSorted((a, b) => rank(a) - rank(b));
}

function searchText(worker: Worker): string {
  const { supportedFormats, supportsStreaming, supportsBatching } = worker.capabilities;
  return [
    worker.id,
    worker.variant,
    worker.name,
    worker.description,
    worker.backend,
    ...supportedFormats,
    supportsStreaming ? "streaming" : "",
    supportsBatching ? "batching" : "",
  ]
    .join(" ")
    .toLowerCase();
}
