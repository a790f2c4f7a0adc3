import { Problem } from "../../../platform/http/problem.ts";
import type { Holder } from "../holder.ts";

/** Throws MACHINE_MISMATCH when the credential names another machine than `hash`, the fingerprint hash of the body. */
export function sameMachine(holder: Holder, hash: string): void {
  if (holder.machine === null || holder.machine === hash) return;
  throw new Problem({
    code: "MACHINE_MISMATCH",
    detail: "The credential names another machine than the request.",
  });
}
