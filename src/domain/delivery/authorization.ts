import type { Result } from "../../lib/result.ts";
import { countActivation } from "../../platform/http/rate-limit.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { actorOf } from "../../platform/storage/ledger.ts";
import { settle } from "../../platform/storage/settle.ts";
import { type LicenseRecord, licenseRecordOf } from "../licensing/license/record.ts";
import { licenseChanges } from "../licensing/license/store.ts";
import { activateMachine } from "../licensing/machine/activation.ts";
import { licenseProblem } from "../licensing/refusal.ts";
import type { Worker } from "../workers/workers.ts";
import type { Asker } from "./asker.ts";
import { type Delivery, decideDelivery, type Wanted } from "./decision.ts";
import { decideOnRecord, readDeliveryFacts } from "./facts.ts";
import { type DeliveryRefusal, deliveryProblem } from "./refusal.ts";

/** `decideFor`, but throws the problem of a refusal. */
export async function authorizeDelivery(
  c: RequestScope,
  worker: Worker,
  wanted: Wanted,
  asker: Asker | null,
): Promise<Delivery> {
  const decision = await decideFor(c, worker, wanted, asker);
  if (!decision.ok) throw deliveryProblem(decision.error, c.var.config);
  c.var.subject.version = decision.value.release.version;
  return decision.value;
}

/**
 * Decides on a file by the edge copy, without a read of the ledger for an activated machine. The ledger is read before
 * a refusal that may be due to a stale record (`decideOnRecord`), and to activate a machine that comes with its key.
 * `asker` is null if no credential was sent. Errors as `decideDelivery`. Throws KEY_INVALID if the license no longer
 * exists, and the problem of an activation that is refused.
 */
export async function decideFor(
  c: RequestScope,
  worker: Worker,
  wanted: Wanted,
  asker: Asker | null,
): Promise<Result<Delivery, DeliveryRefusal>> {
  const { now, subject } = c.var;
  subject.workerId = worker.id;
  if (asker) subject.licenseId = asker.licenseId;
  const { manifest, license } = await readDeliveryFacts(c, worker.id, asker?.licenseId ?? null);
  if (!asker || !license) return decideDelivery(worker, manifest, wanted, null, now);
  const decide = (record: LicenseRecord) =>
    decideDelivery(worker, manifest, wanted, { ...asker, license: record }, now);
  const { decision, record } = await decideOnRecord(c, license, asker, decide);
  if (decision.ok || decision.error.code !== "MACHINE_DEACTIVATED" || !asker.mayActivate) return decision;
  // No seat is taken for a file that the machine could not have with it.
  const withSeat = decide({ ...record, machines: [...record.machines, asker.machine] });
  return withSeat.ok ? decide(await activate(c, asker)) : withSeat;
}

async function activate(c: RequestScope, asker: Asker): Promise<LicenseRecord> {
  await countActivation(c.env, asker);
  const actor = actorOf(c, `license:${asker.licenseId}`);
  const machine = { hash: asker.machine, name: null, platform: null };
  const activation = await activateMachine(c.env.DB, asker, machine, actor);
  if (!activation.ok) throw licenseProblem(activation.error, c.var.config);
  const { license, changeId } = activation.value;
  await settle(c, licenseChanges(license.id, changeId));
  return licenseRecordOf(license, c.var.now);
}
