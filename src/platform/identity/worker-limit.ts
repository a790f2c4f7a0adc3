import { Problem } from "../http/problem.ts";

/** The workers that an admin is limited to; null: none, so all of them. */
export type WorkerLimit = { workers: readonly string[] | null };

/** Whether an admin may see and change the releases of a worker. The scope is another question. */
export const mayWrite = ({ workers }: WorkerLimit, workerId: string): boolean =>
  workers === null || workers.includes(workerId);

/**
 * Throws INSUFFICIENT_SCOPE unless `mayWrite`. `workerId` null: there is no such thing. A limited admin gets the same
 * answer then, so that it does not learn what others have.
 */
export function requireWorkerOf(admin: WorkerLimit, workerId: string | null): void {
  if (admin.workers === null || (workerId !== null && mayWrite(admin, workerId))) return;
  throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: limitInWords(admin.workers) });
}

/** The limit as a sentence. */
const limitInWords = (workers: readonly string[]): string =>
  `This token is limited to the releases of ${workers.length === 0 ? "no worker" : workers.join(", ")}.`;

/** Whether a limit lies within another one, so that its holder may grant it. */
export const isWithin = ({ workers: wanted }: WorkerLimit, { workers: held }: WorkerLimit): boolean =>
  held === null || (wanted?.every((worker) => held.includes(worker)) ?? false);
