import { Problem } from "../../platform/http/problem.ts";
import { type Recipe, readRecipe } from "./recipe.ts";
import { WORKER_TABLE, type WorkerFacts } from "./table.ts";

/** A worker of the catalog: the facts of its recipe and of the table. */
export type Worker = Readonly<Recipe & WorkerFacts>;

/** Every worker of the catalog, free workers first. */
export const workers: readonly Worker[] = WORKER_TABLE.map((facts) => {
  const recipe = readRecipe(facts.pkgbuild, facts.srcinfo);
  if (!recipe.ok) throw new Error(`The recipe of ${facts.variant} cannot be read: ${recipe.error}.`);
  return { ...recipe.value, ...facts };
});

const byName = new Map(workers.flatMap((worker) => [[worker.id, worker] as const, [worker.variant, worker] as const]));

/** The worker with exactly this id (`llm-worker-rbee-cpu`) or variant (`cpu`); null if there is none. */
export function findWorker(idOrVariant: string): Worker | null {
  return byName.get(idOrVariant) ?? null;
}

/** `findWorker`, but throws WORKER_NOT_FOUND. */
export function requireWorker(idOrVariant: string): Worker {
  const worker = findWorker(idOrVariant);
  if (worker) return worker;
  throw new Problem({
    code: "WORKER_NOT_FOUND",
    detail: "The catalog has no such worker. See /workers for all of them.",
  });
}
