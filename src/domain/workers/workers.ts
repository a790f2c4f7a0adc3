import { err, ok, type Result } from "../../lib/result.ts";
import { Problem } from "../../platform/http/problem.ts";
import { type Recipe, readRecipe } from "./recipe.ts";
import { WORKER_ROWS } from "./rows.ts";
import { type Backend, type Family, TIERS, type WorkerRow } from "./table.ts";

/** A worker of the catalog: the facts of its recipe, its row and its family. */
export type Worker = Readonly<
  Recipe &
    Pick<Family, "kind" | "tier" | "capabilities" | "sourcePath"> &
    WorkerRow & {
      /** A short name, accepted in place of the id. */
      variant: string;
      /** The name for people. */
      name: string;
    }
>;

/** The name of a backend for people. */
export const BACKEND_NAMES: Readonly<Record<Backend, string>> = {
  cpu: "CPU",
  cuda: "CUDA",
  metal: "Metal",
  rocm: "ROCm",
};

/**
 * The workers of `rows`, free ones first, because the hive's page takes the first entry of a backend. Otherwise they
 * stay in order. The error tells the author of a row what is wrong with it.
 */
export function workersFrom(rows: readonly WorkerRow[]): Result<readonly Worker[], string> {
  const made: Worker[] = [];
  for (const row of rows) {
    const { family, backend } = row;
    const id = `${family.id}-${backend}`;
    const recipe = readRecipe(row.pkgbuild, row.srcinfo);
    if (!recipe.ok) return err(`The recipe of ${id} cannot be read: ${recipe.error}.`);
    if (recipe.value.id !== id) return err(`The row of ${id} has the recipe of ${recipe.value.id}.`);
    const { kind, tier, sourcePath, capabilities } = family;
    const names = { variant: `${family.variantPrefix}${backend}`, name: `${family.name} (${BACKEND_NAMES[backend]})` };
    made.push({ ...recipe.value, kind, tier, sourcePath, capabilities, ...row, ...names });
  }
  const taken = made.flatMap(({ id, variant }) => [id, variant]);
  const twice = taken.find((name, index) => taken.indexOf(name) !== index);
  if (twice !== undefined) return err(`Two rows make a worker with the name ${twice}.`);
  return ok(made.toSorted((a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier)));
}

const table = workersFrom(WORKER_ROWS);
if (!table.ok) throw new Error(table.error);

/** Every worker of the catalog, free workers first. */
export const workers: readonly Worker[] = table.value;

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
