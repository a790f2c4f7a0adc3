import { HOUR, toRfc3339 } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import { countActivation, countTokenRequest } from "../../../platform/http/rate-limit.ts";
import { Problem, type RequestScope, Timestamp, z } from "../../../platform/http/route.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import { writeLate } from "../../../platform/usage/late.ts";
import { placeOf } from "../../../platform/usage/place.ts";
import { type License, type MachineRow, standingOf } from "../license/record.ts";
import { holdsSeat, seatEnd } from "../license/seats.ts";
import { LicenseView, licenseView, MachineView, machineView } from "../license/view.ts";
import { activateMachine, readUsableLicense } from "../machine/activation.ts";
import { fingerprintHashes } from "../machine/fingerprint.ts";
import { recordLease, type Seat, seeMachine } from "../machine/seat.ts";
import { statusIndexOf } from "../machine/status-index.ts";
import { licenseProblem } from "../refusal.ts";
import { licensingSecrets, markOfMachine } from "../secrets.ts";
import { type KeyProof, keyRequiredBy } from "./key-proof.ts";
import { statusPlace } from "./status-list.ts";
import { leaseExpiry, licenseTokenClaims, renewalTime, signLicenseToken, tokenExpiry } from "./token.ts";

export const TokenView = z
  .object({
    token: z.string().openapi({ example: "eyJhbGciOiJFZERTQSIsInR5cCI6InJiZWUtbGljZW5zZStqd3QifQ.eyJ..." }),
    token_type: z.literal("Bearer"),
    expires_at: Timestamp,
    renew_after: Timestamp.openapi({
      description:
        "When to ask for the next token: a random time from half to 85 % of this one's lifetime, so that hives do not all " +
        "come at once. Until `expires_at` a failed renewal changes nothing.",
    }),
    key_required_by: Timestamp.openapi({
      description:
        "Send the license key before this time: 30 days after it was last sent. Until then a token gets the next one, and none " +
        "of those tokens lives longer. Afterwards a token is refused with `KEY_REQUIRED`.",
    }),
    warning: LicenseView.shape.warning,
    license: LicenseView,
    machine: MachineView,
  })
  .openapi("LicenseToken");

/**
 * A token for an active machine of a license that the caller has found to be in force. A lease (`offline`) is written
 * to the ledger first, because it keeps its seat. `by`: the credential of the asker, or of the asker's session. A token
 * passes the time of its key on, and shows no other machine of the license. Throws MACHINE_DEACTIVATED when the machine
 * has just lost its seat, and KEY_ROTATED when the key has just been rotated.
 */
export async function issueToken(
  c: RequestScope,
  license: License,
  machine: MachineRow,
  { offline, by }: { offline: boolean; by: { kind: "key" } | { kind: "token"; proof: KeyProof } },
  actor: Actor,
): Promise<z.infer<typeof TokenView>> {
  const { now } = actor;
  const authTime = by.kind === "key" ? now : by.proof.authTime;
  const limit = keyRequiredBy({ authTime });
  const issuer = c.var.config.PUBLIC_URL;
  const index = await statusIndexOf(c.env.DB, license, machine);
  if (!index.ok) throw licenseProblem(index.error, c.var.config);
  const standing = standingOf(license, now);
  const seat = { ...machine, last_seen_at: now };
  const endsAt = Math.min(limit, (standing.status === "active" ? standing.ends_at : now) ?? Number.POSITIVE_INFINITY);
  const ordinary = tokenExpiry(now, endsAt, seatEnd(license, seat));
  const allowed = offline ? Math.max(ordinary, leaseExpiry(license, endsAt, now)) : ordinary;
  // A lease that is almost new is handed out again, so that repeated requests write nothing.
  const isFresh = allowed >= machine.lease_until && allowed - machine.lease_until < HOUR;
  const expiresAt = isFresh ? machine.lease_until : allowed;
  const isNewLease = expiresAt > ordinary && !isFresh;
  const isSeated = isNewLease
    ? await recordLease(c.env.DB, license, machine, expiresAt, actor)
    : await seeMachine(c.env.DB, license, machine.id, now);
  if (!isSeated) throw licenseProblem({ code: "MACHINE_DEACTIVATED" }, c.var.config);
  if (isNewLease) seat.lease_until = expiresAt;
  const place = placeOf(c.req.raw);
  if (place) writeLate(c, { kind: "use", license_id: license.id, place, at: now });
  const { list, idx } = statusPlace(index.value);
  const { keyring, keyId } = await licensingSecrets(c.var.config);
  const statusUri = `${issuer}/v1/licenses/status/${list}`;
  const issued = { issuer, statusUri, statusIdx: idx, authTime, keyId };
  // A seat may begin in the next second (`takeSeat`), and isolates' clocks may differ: no token is older than its seat.
  const madeAt = Math.max(now, machine.activated_at);
  const claims = licenseTokenClaims(license, machine.fingerprint_hash, issued, expiresAt, madeAt);
  const current = { ...license, machines: license.machines.map((one) => (one.id === seat.id ? seat : one)) };
  const view = licenseView(current, now, by.kind === "key" ? undefined : machine.fingerprint_hash);
  return {
    token: await signLicenseToken(claims, keyring),
    token_type: "Bearer",
    expires_at: toRfc3339(expiresAt),
    renew_after: toRfc3339(renewalTime(now, expiresAt)),
    key_required_by: toRfc3339(limit),
    warning: view.warning,
    license: view,
    machine: machineView(license, seat, now),
  };
}

/** The machine of a lease: by its id, one with a seat; by its fingerprint, any machine, which then takes a seat. */
export type LeaseFor = { machineId: string } | { fingerprint: string };

/**
 * The seat for an offline lease of a license. The caller has checked that the license belongs to the asker, and settles
 * the seat's change. Throws MACHINE_DEACTIVATED, RATE_LIMITED, the refusals of `activateMachine`, and CONFLICT for a
 * plan without leases.
 */
export async function seatForLease(
  { env, config }: { env: Env; config: Config },
  { id: licenseId, generation, offline_days }: License,
  wanted: LeaseFor,
  actor: Actor,
): Promise<Seat> {
  if (offline_days === 0)
    throw new Problem({ code: "CONFLICT", detail: "The plan of this license has no offline leases." });
  const holder = { licenseId, generation };
  if ("fingerprint" in wanted) {
    await countActivation(env, holder);
    const forms = await fingerprintHashes(licenseId, wanted.fingerprint);
    const facts = { forms, mark: markOfMachine(config, wanted.fingerprint), name: null, platform: null };
    const seat = await activateMachine(env.DB, holder, facts, actor);
    if (!seat.ok) throw licenseProblem(seat.error, config);
    return seat.value;
  }
  const license = await readUsableLicense(env.DB, holder, actor.now);
  if (!license.ok) throw licenseProblem(license.error, config);
  const { machines } = license.value;
  const machine = machines.find(({ id, deactivated_at }) => id === wanted.machineId && deactivated_at === null);
  if (!machine || !holdsSeat(license.value, machine, actor.now))
    throw licenseProblem({ code: "MACHINE_DEACTIVATED" }, config);
  return { license: license.value, machine, changeId: null, replaced: null };
}

/**
 * The offline lease of a seat, for the owner in the account: a token as long as the plan allows, which keeps the seat.
 * A sign-in counts like the key, because its holder can see the key there. Throws RATE_LIMITED.
 */
export async function issueOfflineLease(
  c: RequestScope,
  { license, machine }: Pick<Seat, "license" | "machine">,
  actor: Actor,
): Promise<z.infer<typeof TokenView>> {
  await countTokenRequest(c.env, { licenseId: license.id, generation: license.generation }, machine.fingerprint_hash);
  return issueToken(c, license, machine, { offline: true, by: { kind: "key" } }, actor);
}
