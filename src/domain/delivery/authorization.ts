import type { Result } from "../../lib/result.ts";
import { currentTime, type UnixSeconds } from "../../lib/time.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { ReadScope } from "../../platform/http/router.ts";
import {
  CREDENTIAL_PROBLEMS,
  type Holder,
  machineFormsOf,
  readHolder,
  STANDING_PROBLEMS,
} from "../licensing/holder.ts";
import type { LicenseRecord } from "../licensing/license/record.ts";
import type { FingerprintHashes } from "../licensing/machine/fingerprint.ts";
import type { Worker } from "../workers/workers.ts";
import { type Delivery, decideDelivery, type Wanted } from "./decision.ts";
import { decideOnRecord, readDeliveryFacts } from "./facts.ts";
import type { GuardedFile } from "./guarded-stream.ts";
import type { Link } from "./link.ts";
import type { DeliveryRefusal } from "./refusal.ts";

/**
 * The machine that asks for a premium file, under a genuine credential. `forms` are the hashes of its fingerprint, of
 * which `machine` is the first. `issuedAt` is when the credential was made, null for a key, which does not say.
 * `tokenMadeAt` is the same for a token, and null for a link, which ends within minutes. `mayActivate`: the credential
 * is a key, which may give the machine a seat.
 */
export type Asker = Holder & {
  forms: FingerprintHashes;
  issuedAt: UnixSeconds | null;
  tokenMadeAt: UnixSeconds | null;
  mayActivate: boolean;
};

/** The asker behind a signed link; null for the link of a free file. */
export const askerOfLink = ({ holder, issuedAt }: Link): Asker | null =>
  holder && { ...holder, forms: [holder.machine], issuedAt, tokenMadeAt: null, mayActivate: false };

/** The problems of a request for a file, for `problems(...)`. */
export const DELIVERY_PROBLEMS = [
  "CREDENTIAL_REQUIRED",
  ...CREDENTIAL_PROBLEMS,
  ...STANDING_PROBLEMS,
  "MACHINE_DEACTIVATED",
  "MACHINE_LIMIT_REACHED",
  "MACHINE_BARRED",
  "TRIAL_USED",
  "NOT_ENTITLED",
  "VERSION_NOT_COVERED",
  "WORKER_NOT_FOUND",
  "VERSION_NOT_FOUND",
  "ARTIFACT_NOT_FOUND",
  "RELEASE_BLOCKED",
] as const;

/**
 * The asker behind a request for a worker's file. Null for a free worker, because its requests are not checked for a
 * credential, and if none is sent. Throws the problem of a credential that is not genuine, and MACHINE_REQUIRED for a
 * key without its machine.
 */
export async function askerOf(c: ReadScope, worker: Pick<Worker, "tier">): Promise<Asker | null> {
  c.var.subject.isDownload = true;
  if (worker.tier === "free") return null;
  const holder = await readHolder(c);
  if (!holder) return null;
  const { licenseId, generation } = holder;
  const forms = machineFormsOf(holder);
  if (forms !== null) {
    const [machine] = forms;
    const issuedAt = holder.kind === "token" ? holder.issuedAt : null;
    const mayActivate = holder.kind === "key";
    return { licenseId, generation, machine, forms, issuedAt, tokenMadeAt: issuedAt, mayActivate };
  }
  throw new Problem({
    code: "MACHINE_REQUIRED",
    detail:
      "A license key opens a download for one machine: name it as the Basic user or in `Rbee-Machine`, or send a token.",
  });
}

/** How package managers send the credential for a repository, for the detail of `repositoryAsker`. */
export const SEND_BASIC = "Send the machine's name as user and the license key as password.";

/**
 * The asker behind a request for a list of a tier's repository; null for a free one. Throws CREDENTIAL_REQUIRED with
 * `detail` if a premium one is asked without a credential, before any read, and as `askerOf`.
 */
export async function repositoryAsker(c: ReadScope, tier: Worker["tier"], detail: string): Promise<Asker | null> {
  const asker = await askerOf(c, { tier });
  if (asker || tier === "free") return asker;
  throw new Problem({ code: "CREDENTIAL_REQUIRED", detail, extras: { purchase_url: c.var.config.PURCHASE_URL } });
}

/** The headers of an answer that holds a link: it belongs to its asker, and no cache may keep it for others. */
export const privateHeaders = (worker: Pick<Worker, "tier">): Record<string, string> =>
  worker.tier === "premium"
    ? { "Cache-Control": "private, no-store", Vary: "Authorization, Rbee-Machine" }
    : { "Cache-Control": "private, no-store" };

type Decision = Result<Delivery, DeliveryRefusal>;

/** The hash under which a license knows the asking machine, whose fingerprint may have two spellings. */
const machineIn = ({ machines }: LicenseRecord, { machine, forms }: Asker): string =>
  forms.length === 1 ? machine : (forms.find((hash) => machines.includes(hash)) ?? machine);

/**
 * A decision on a file. `decideSeated` is there if the asker's key lacks nothing but a seat, which it may take: it
 * decides again on the record of the license with the seat.
 */
export type EdgeDecision = { decision: Decision; decideSeated: ((record: LicenseRecord) => Decision) | null };

/**
 * Decides on a file by the edge copy, without a read of the ledger for an activated machine. The ledger is read before
 * a refusal that may be due to a stale record (`decideOnRecord`). It changes nothing. `asker` is null if no credential
 * was sent. Errors as `decideDelivery`. Throws KEY_INVALID if the license no longer exists.
 */
export async function decideOnEdge(
  c: ReadScope,
  worker: Worker,
  wanted: Wanted,
  asker: Asker | null,
): Promise<EdgeDecision> {
  const { now, subject } = c.var;
  subject.workerId = worker.id;
  if (asker) subject.licenseId = asker.licenseId;
  const { manifest, license } = await readDeliveryFacts(c, worker.id, asker?.licenseId ?? null);
  if (!asker || !license) return { decision: decideDelivery(worker, manifest, wanted, null, now), decideSeated: null };
  const decide = (record: LicenseRecord) =>
    decideDelivery(worker, manifest, wanted, { ...asker, machine: machineIn(record, asker), license: record }, now);
  const { decision, record } = await decideOnRecord(c, license, asker, decide);
  if (decision.ok || decision.error.code !== "MACHINE_DEACTIVATED" || !asker.mayActivate) {
    return { decision, decideSeated: null };
  }
  // No seat is taken for a file that the machine could not have with it.
  const withSeat = decide({ ...record, machines: [...record.machines, asker.machine], seats: {} });
  return { decision: withSeat.ok ? decision : withSeat, decideSeated: withSeat.ok ? decide : null };
}

/**
 * Decides on a delivery again, at the time of the call, for a stream that runs. It never refuses because the seat of a
 * key's machine lapses meanwhile, because its next request renews that.
 */
export function laterDecision(
  { env, executionCtx, req, var: variables }: ReadScope,
  worker: Worker,
  wanted: Wanted,
  asker: Asker | null,
): GuardedFile["decide"] {
  const seated = asker && { ...asker, mayActivate: false };
  return async () => {
    const scope = { env, executionCtx, req, var: { ...variables, now: currentTime() } };
    const { decision } = await decideOnEdge(scope, worker, wanted, seated);
    return decision.ok ? decision : { ok: false, code: decision.error.code };
  };
}
