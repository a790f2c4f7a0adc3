import type { UnixSeconds } from "../../lib/time.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { AppContext } from "../../platform/http/router.ts";
import { CREDENTIAL_PROBLEMS, type RequestHolder, readHolder, STANDING_PROBLEMS } from "../licensing/holder.ts";
import type { LicenseRecord } from "../licensing/license/record.ts";
import type { Worker } from "../workers/workers.ts";
import type { Link } from "./link/link.ts";

/**
 * Who asks for a gated file: a machine under a genuine credential. `issuedAt` is when the credential was made (null: a key,
 * which does not say), and `mayActivate` whether it may give the machine a seat.
 */
export type Asker = {
  licenseId: string;
  generation: number;
  machine: string;
  issuedAt: UnixSeconds | null;
  mayActivate: boolean;
};

/** The asker that a key or token stands for; null when it is a key that comes without its machine. */
export function askerOfHolder(holder: RequestHolder): Asker | null {
  if (holder.machine === null) return null;
  const { licenseId, generation, machine } = holder;
  return holder.kind === "token"
    ? { licenseId, generation, machine, issuedAt: holder.issuedAt, mayActivate: false }
    : { licenseId, generation, machine, issuedAt: null, mayActivate: true };
}

/** The asker that a signed link stands for; null for a free file's. */
export const askerOfLink = ({ holder, issuedAt }: Link): Asker | null =>
  holder && { ...holder, issuedAt, mayActivate: false };

/**
 * Whether the edge's record of a license may be older than what the asker has been told: the asker's credential was made
 * after it, or is of a later generation. Then a refusal must be the ledger's. A credential that is older than the record, a
 * revoked one for example, never causes a read of the ledger.
 */
export const recordMayLag = (record: LicenseRecord, asker: Pick<Asker, "generation" | "issuedAt">): boolean =>
  asker.generation > record.generation || (asker.issuedAt !== null && asker.issuedAt >= record.published_at);

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
  c.var.subject.isDownload = true;
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
