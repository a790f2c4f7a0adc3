import type { UnixSeconds } from "../../lib/time.ts";
import type { Holder } from "../licensing/holder.ts";
import type { LicenseRecord } from "../licensing/license-record.ts";
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
export function askerOfHolder(holder: Holder): Asker | null {
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
