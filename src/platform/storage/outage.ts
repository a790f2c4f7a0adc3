import { randomBetween } from "../../lib/random.ts";
import type { Refusal } from "../http/problem.ts";
import { isOverload } from "./patient-ledger.ts";

/**
 * Whether an error is an outage of D1, KV, R2 or a queue, by the words that they use. A statement that does not parse,
 * or a constraint that does not hold, is our own fault: a retry would fail again.
 */
const isStoreFailure = (error: unknown): boolean =>
  error instanceof Error &&
  /^(D1_|Network connection lost|Internal error (in|while starting up) D1|Cannot resolve D1 DB|KV (GET|PUT|DELETE) failed|Queue send failed|(get|put|head|delete|completeMultipartUpload|uploadPart|createMultipartUpload): )/.test(
    error.message,
  ) &&
  !/SQLITE_(ERROR|CONSTRAINT|MISMATCH)/.test(error.message);

/** The bounds of `Retry-After` while a store is out, in seconds. */
export const RETRY_AFTER = { least: 5, most: 60 } as const;

/**
 * The answer while a store is out or overloaded. Each client gets another time to come back at, so that they do not all
 * come back at once. makepkg and curl, for two, retry a 503 and read `Retry-After`.
 */
export const STORE_OUTAGE = {
  matches: (error: unknown): boolean => isStoreFailure(error) || isOverload(error),
  refusal: (): Refusal => ({
    code: "SERVICE_UNAVAILABLE",
    detail: "A store does not answer. Please try again.",
    extras: { retry_after: randomBetween(RETRY_AFTER.least, RETRY_AFTER.most) },
  }),
};
