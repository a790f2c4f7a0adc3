import { Problem } from "../../../platform/http/problem.ts";
import type { AppContext } from "../../../platform/http/router.ts";
import { CREDENTIAL_PROBLEMS, readHolder, STANDING_PROBLEMS } from "../../licensing/holder.ts";
import type { Worker } from "../../workers/workers.ts";
import { type Asker, askerOfHolder } from "../asker.ts";

/** The problems that asking for a file may end in, for `problems(...)`. */
export const DELIVERY_PROBLEMS = [
  "CREDENTIAL_REQUIRED",
  ...CREDENTIAL_PROBLEMS,
  ...STANDING_PROBLEMS,
  "MACHINE_DEACTIVATED",
  "MACHINE_LIMIT_REACHED",
  "NOT_ENTITLED",
  "VERSION_NOT_COVERED",
  "WORKER_NOT_FOUND",
  "VERSION_NOT_FOUND",
  "ARTIFACT_NOT_FOUND",
  "RELEASE_BLOCKED",
] as const;

/**
 * Who asks for a worker's file: null for a free one, whose credential is not even looked at, and where none is sent.
 * Throws the problem of a credential that is not genuine, and MACHINE_REQUIRED for a key without its machine.
 */
export async function askerOf(c: AppContext, worker: Pick<Worker, "tier">): Promise<Asker | null> {
  if (worker.tier === "free") return null;
  const holder = await readHolder(c);
  if (!holder) return null;
  const asker = askerOfHolder(holder);
  if (asker) return asker;
  throw new Problem({
    code: "MACHINE_REQUIRED",
    detail:
      "A license key opens a download for one machine: name it as the Basic user or in `Rbee-Machine`, or send a token.",
  });
}

/** Marks an answer that holds a link: it is the asker's own, and must not be kept for anybody else. */
export function setPrivate(c: AppContext, worker: Pick<Worker, "tier">): void {
  c.header("Cache-Control", "private, no-store");
  if (worker.tier === "premium") c.header("Vary", "Authorization, Rbee-Machine", { append: true });
}
