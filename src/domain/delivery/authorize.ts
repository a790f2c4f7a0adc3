import { countActivation } from "../../platform/http/rate-limit.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { requireOwnLedger } from "../../platform/storage/deployment.ts";
import { actorOf } from "../../platform/storage/ledger.ts";
import { patientLedger } from "../../platform/storage/patient-ledger.ts";
import { type Changes, NO_CHANGES, settle } from "../../platform/storage/settle.ts";
import { sentFingerprint } from "../licensing/holder.ts";
import { licenseRecordOf } from "../licensing/license/record.ts";
import { licenseChanges, licensePublication } from "../licensing/license/store.ts";
import { activateMachine } from "../licensing/machine/activation.ts";
import { seeMachine } from "../licensing/machine/seat.ts";
import { licenseProblem } from "../licensing/refusal.ts";
import { markOfMachine } from "../licensing/secrets.ts";
import type { Worker } from "../workers/workers.ts";
import { type Asker, decideOnEdge, type EdgeDecision } from "./authorization.ts";
import type { Delivery, Wanted } from "./decision.ts";
import { deliveryProblem } from "./refusal.ts";

/** A decision on a file, and the changes to settle whether or not the file is refused. */
type DecidedDelivery = { decision: EdgeDecision["decision"]; changes: Changes };

/**
 * Decides on a file like `decideOnEdge`, and gives a machine that comes with its key a seat if that is all it lacks.
 * Throws the problem of an activation that is refused as well.
 */
export async function decideFor(
  c: RequestScope,
  worker: Worker,
  wanted: Wanted,
  asker: Asker | null,
): Promise<DecidedDelivery> {
  const { decision, decideSeated } = await decideOnEdge(c, worker, wanted, asker);
  if (!asker || !decideSeated) return { decision, changes: NO_CHANGES };
  await requireOwnLedger(c.env);
  await countActivation(c.env, asker);
  const mark = markOfMachine(c.var.config, sentFingerprint(c.req.raw.headers) ?? asker.machine);
  const machine = { forms: asker.forms, mark, name: null, platform: null };
  const seat = await activateMachine(patientLedger(c.env.DB), asker, machine, actorOf(c, `license:${asker.licenseId}`));
  if (!seat.ok) throw licenseProblem(seat.error, c.var.config);
  const { license, machine: seated, changeId } = seat.value;
  const record = licenseRecordOf(license, c.var.now);
  if (changeId !== null || license.seat_idle_seconds === null) {
    return { decision: decideSeated(record), changes: licenseChanges(license.id, changeId) };
  }
  // The record was older than the machine's last sign of life. This download is one, too, and the record learns of it.
  await seeMachine(patientLedger(c.env.DB), license, seated.id, c.var.now);
  return { decision: decideSeated(record), changes: { stale: [{ ...licensePublication(license.id), changeIds: [] }] } };
}

/** Decides on a file (`decideFor`) and settles the changes. Throws the problem of a refusal. */
export async function authorizeDelivery(
  c: RequestScope,
  worker: Worker,
  wanted: Wanted,
  asker: Asker | null,
): Promise<Delivery> {
  const { decision, changes } = await decideFor(c, worker, wanted, asker);
  await settle(c, changes);
  if (!decision.ok) throw deliveryProblem(decision.error, c.var.config);
  c.var.subject.version = decision.value.release.version;
  return decision.value;
}
