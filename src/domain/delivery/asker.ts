import type { UnixSeconds } from "../../lib/time.ts";
import { type AppContext, Problem } from "../../platform/http/route.ts";
import { CREDENTIAL_PROBLEMS, type Holder, readHolder, STANDING_PROBLEMS } from "../licensing/holder.ts";
import type { Worker } from "../workers/workers.ts";
import type { Link } from "./link/link.ts";

/**
 * The machine that asks for a premium file, under a genuine credential. `issuedAt` is when the credential was made,
 * null for a key, which does not say. `mayActivate`: the credential may give the machine a seat.
 */
export type Asker = Holder & { issuedAt: UnixSeconds | null; mayActivate: boolean };

/** The asker behind a signed link; null for the link of a free file. */
export const askerOfLink = ({ holder, issuedAt }: Link): Asker | null =>
  holder && { ...holder, issuedAt, mayActivate: false };

/** The problems of a request for a file, for `problems(...)`. */
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
 * The asker behind a request for a worker's file. Null for a free worker, whose requests are not checked for a
 * credential, and if none is sent. Throws the problem of a credential that is not genuine, and MACHINE_REQUIRED for a
 * key without its machine.
 */
export async function askerOf(c: AppContext, worker: Pick<Worker, "tier">): Promise<Asker | null> {
  c.var.subject.isDownload = true;
  if (worker.tier === "free") return null;
  const holder = await readHolder(c);
  if (!holder) return null;
  const { licenseId, generation, machine } = holder;
  if (machine !== null) {
    const issuedAt = holder.kind === "token" ? holder.issuedAt : null;
    return { licenseId, generation, machine, issuedAt, mayActivate: holder.kind === "key" };
  }
  throw new Problem({
    code: "MACHINE_REQUIRED",
    detail:
      "A license key opens a download for one machine: name it as the Basic user or in `Rbee-Machine`, or send a token.",
  });
}

/** Marks an answer that holds a link: it belongs to its asker, and no cache may keep it for others. */
export function setPrivate(c: AppContext, worker: Pick<Worker, "tier">): void {
  c.header("Cache-Control", "private, no-store");
  if (worker.tier === "premium") c.header("Vary", "Authorization, Rbee-Machine", { append: true });
}
