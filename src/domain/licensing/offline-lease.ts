import type * as z from "zod";
import type { Config } from "../../platform/config/config.ts";
import { Problem } from "../../platform/http/problem.ts";
import { countActivation, countTokenRequest } from "../../platform/http/rate-limit.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import { activateMachine, readUsableLicense } from "./activation.ts";
import { hashFingerprint } from "./fingerprint.ts";
import type { License } from "./license-record.ts";
import { machineDeactivated } from "./license-use.ts";
import type { Seat } from "./machine-store.ts";
import { issueToken, type TokenView } from "./token-issue.ts";

/** Which machine a lease is for: one that holds a seat, by its id, or any by its fingerprint, which takes a seat if it has none. */
export type LeaseFor = { machineId: string } | { fingerprint: string };

/**
 * The seat that an offline lease of a license is for. Caller has checked that the license belongs to the asker, and settles the
 * seat's change. Throws CONFLICT for a plan without leases, the refusals of `activateMachine` and of a license that is not in
 * force, MACHINE_DEACTIVATED, RATE_LIMITED.
 */
export async function seatForLease(
  { env, config }: { env: Env; config: Config },
  { id: licenseId, generation, offline_days }: License,
  wanted: LeaseFor,
  actor: Actor,
): Promise<Seat> {
  if (offline_days === 0)
    throw new Problem({ code: "CONFLICT", detail: "The plan of this license has no offline leases." });
  const credential = { licenseId, generation };
  if ("fingerprint" in wanted) {
    await countActivation(env, credential);
    const hash = await hashFingerprint(licenseId, wanted.fingerprint);
    const facts = { hash, name: null, platform: null };
    const seat = await activateMachine(env.DB, credential, facts, config.PURCHASE_URL, actor);
    if (!seat.ok) throw new Problem(seat.error);
    return seat.value;
  }
  const license = await readUsableLicense(env.DB, credential, config.PURCHASE_URL, actor.now);
  if (!license.ok) throw new Problem(license.error);
  const { machines } = license.value;
  const machine = machines.find(({ id, deactivated_at }) => id === wanted.machineId && deactivated_at === null);
  if (!machine) throw new Problem(machineDeactivated);
  return { license: license.value, machine, changeId: null };
}

/** The offline lease of a seat: a token that lasts as long as the plan allows and keeps the seat meanwhile. Throws RATE_LIMITED. */
export async function issueOfflineLease(
  c: RequestScope,
  { license, machine }: Seat,
  actor: Actor,
): Promise<z.infer<typeof TokenView>> {
  await countTokenRequest(c.env, { licenseId: license.id, generation: license.generation }, machine.fingerprint_hash);
  return issueToken(c, license, machine, true, actor);
}
