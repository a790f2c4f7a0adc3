import type { Result } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { Problem, type ProblemCode, type Refusal } from "../../platform/http/problem.ts";
import { countActivation } from "../../platform/http/rate-limit.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { actorOf } from "../../platform/storage/ledger.ts";
import { settle } from "../../platform/storage/settle.ts";
import { type LicenseRecord, licenseRecordOf } from "../licensing/license/record.ts";
import { licenseChanges } from "../licensing/license/store.ts";
import { activateMachine } from "../licensing/machine/activation.ts";
import { licenseProblem } from "../licensing/refusal.ts";
import type { Worker } from "../workers/workers.ts";
import { type Asker, recordMayLag } from "./asker.ts";
import { type Delivery, decideDelivery, type Wanted } from "./decision.ts";
import { readDeliveryFacts, readLedgerRecord } from "./facts.ts";

/** Refusals that a record older than the credential may be wrong about. */
const MAY_BE_STALE: ReadonlySet<ProblemCode> = new Set([
  "KEY_ROTATED",
  "LICENSE_REVOKED",
  "LICENSE_SUSPENDED",
  "LICENSE_EXPIRED",
  "MACHINE_DEACTIVATED",
]);

/** `decideFor`, throwing the problem of a refusal. */
export async function authorizeDelivery(
  c: RequestScope,
  worker: Worker,
  wanted: Wanted,
  asker: Asker | null,
): Promise<Delivery> {
  const decision = await decideFor(c, worker, wanted, asker);
  if (!decision.ok) throw new Problem(decision.error);
  c.var.subject.version = decision.value.release.version;
  return decision.value;
}

/**
 * The file that `asker` may have, by the edge copy: no read of the ledger for an activated machine. The ledger is asked only
 * before refusing somebody whose credential is newer than the edge's record, and to activate a machine that comes with its
 * key. `asker` null: nobody has shown a credential. The errors are those of `decideDelivery`; throws KEY_INVALID for a license
 * that is no more, and the problem of an activation that is refused.
 */
export async function decideFor(
  c: RequestScope,
  worker: Worker,
  wanted: Wanted,
  asker: Asker | null,
): Promise<Result<Delivery, Refusal>> {
  const { subject } = c.var;
  subject.workerId = worker.id;
  if (asker) subject.licenseId = asker.licenseId;
  const { now } = c.var;
  const { PURCHASE_URL } = c.var.config;
  const { manifest, license } = await readDeliveryFacts(c.env, worker.id, asker?.licenseId ?? null, now);
  if (asker && !license) throw new Problem({ code: "KEY_INVALID", detail: "The license no longer exists." });
  const decide = (record: LicenseRecord | null) =>
    decideDelivery(worker, manifest, wanted, asker && record && { ...asker, license: record }, now, PURCHASE_URL);
  const decision = decide(license);
  if (decision.ok) return decision;
  const mayHave = (record: LicenseRecord) => decide(record).ok;
  const newer = asker && license ? await newerRecord(c, asker, license, decision.error.code, mayHave, now) : null;
  return newer ? decide(newer) : decision;
}

/** What the ledger knows beyond the edge's record that could change a refusal, or null. */
async function newerRecord(
  c: RequestScope,
  asker: Asker,
  record: LicenseRecord,
  refusal: ProblemCode,
  mayHave: (record: LicenseRecord) => boolean,
  now: UnixSeconds,
): Promise<LicenseRecord | null> {
  if (refusal === "MACHINE_DEACTIVATED" && asker.mayActivate) {
    // No seat is taken for a file that could not be had with it.
    const seated = { ...record, machines: [...record.machines, asker.machine] };
    return mayHave(seated) ? activate(c, asker, now) : seated;
  }
  return MAY_BE_STALE.has(refusal) && recordMayLag(record, asker) ? readLedgerRecord(c.env.DB, record.id, now) : null;
}

async function activate(c: RequestScope, asker: Asker, now: UnixSeconds): Promise<LicenseRecord> {
  await countActivation(c.env, asker);
  const actor = actorOf(c, `license:${asker.licenseId}`);
  const machine = { hash: asker.machine, name: null, platform: null };
  const activation = await activateMachine(c.env.DB, asker, machine, actor);
  if (!activation.ok) throw licenseProblem(activation.error, c.var.config);
  const { license, changeId } = activation.value;
  await settle(c, licenseChanges(license.id, changeId));
  return licenseRecordOf(license, now);
}
