import type * as z from "zod";
import { Problem } from "../../platform/http/problem.ts";
import { countActivation, countTokenRequest } from "../../platform/http/rate-limit.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import { publishNow } from "../../publication.ts";
import { activateMachine, readUsableLicense } from "./activation.ts";
import { hashFingerprint } from "./fingerprint.ts";
import type { License, MachineRow } from "./license-record.ts";
import { machineDeactivated } from "./license-use.ts";
import { issueToken, type TokenView } from "./token-issue.ts";

/** Which machine a lease is for: one that holds a seat, by its id, or any by its fingerprint, which takes a seat if it has none. */
export type LeaseFor = { machineId: string } | { fingerprint: string };

/**
 * A token that a machine without a network goes on with as long as the plan allows; it keeps its seat until it ends. The caller
 * has found the license to be the asker's own. Throws CONFLICT for a plan without leases, the refusals of `activateMachine` and
 * of a license that is not in force, MACHINE_DEACTIVATED, RATE_LIMITED.
 */
export async function issueOfflineLease(
  c: RequestScope,
  { id: licenseId, generation, offline_days }: License,
  wanted: LeaseFor,
  actor: Actor,
): Promise<z.infer<typeof TokenView>> {
  if (offline_days === 0)
    throw new Problem({ code: "CONFLICT", detail: "The plan of this license has no offline leases." });
  const credential = { licenseId, generation };
  const { license, machine } =
    "fingerprint" in wanted
      ? await seatFor(c, credential, wanted.fingerprint, actor)
      : await seatOf(c, credential, wanted.machineId, actor);
  await countTokenRequest(c.env, credential, machine.fingerprint_hash);
  return issueToken(c, license, machine, true, actor);
}

type Credential = { licenseId: string; generation: number };
type Seated = { license: License; machine: MachineRow };

async function seatOf(c: RequestScope, credential: Credential, machineId: string, actor: Actor): Promise<Seated> {
  const license = await readUsableLicense(c.env.DB, credential, c.var.config.PURCHASE_URL, actor.now);
  if (!license.ok) throw new Problem(license.error);
  const machine = license.value.machines.find(({ id, deactivated_at }) => id === machineId && deactivated_at === null);
  if (!machine) throw new Problem(machineDeactivated);
  return { license: license.value, machine };
}

async function seatFor(c: RequestScope, credential: Credential, fingerprint: string, actor: Actor): Promise<Seated> {
  await countActivation(c.env, credential);
  const hash = await hashFingerprint(credential.licenseId, fingerprint);
  const facts = { hash, name: null, platform: null };
  const seat = await activateMachine(c.env.DB, credential, facts, c.var.config.PURCHASE_URL, actor);
  if (!seat.ok) throw new Problem(seat.error);
  const { license, machine, changeId } = seat.value;
  if (changeId !== null) await publishNow(c, { topic: "license", key: license.id }, [changeId]);
  return { license, machine };
}
