import { env } from "cloudflare:workers";
import { type License, licenseRecordOf } from "../../src/domain/licensing/license/record.ts";
import { seatEnd } from "../../src/domain/licensing/license/seats.ts";
import { licenseCreation, requireLicense } from "../../src/domain/licensing/license/store.ts";
import { activateMachine, comeBackIfLapsed } from "../../src/domain/licensing/machine/activation.ts";
import { hashFingerprint } from "../../src/domain/licensing/machine/fingerprint.ts";
import { activeMachine, freeSeat, recordLease, seeMachine } from "../../src/domain/licensing/machine/seat.ts";
import type { TakeOver } from "../../src/domain/licensing/machine/take-seat.ts";
import { CLOCK_TOLERANCE, tokenExpiry } from "../../src/domain/licensing/token/token.ts";
import { formatId, newIdBytes } from "../../src/lib/id.ts";
import { create } from "../../src/platform/storage/change.ts";

/** Creates a license for `machine_limit` machines whose seats lapse after `seat_idle_seconds`. Returns its id. */
export async function licenseWithSeats(
  machine_limit: number,
  seat_idle_seconds: number | null,
  now: number,
): Promise<string> {
  const id = formatId("lic", newIdBytes());
  const grant = { entitlements: ["llm-worker-rbee-premium-*"], versions: "*", updates_until: null, offline_days: 30 };
  const columns = { id, email: "ada@example.com", plan: "premium-lifetime", note: null, expires_at: null };
  const license = { ...columns, ...grant, machine_limit, seat_idle_seconds, livemode: false };
  const actor = { actor: "system", requestId: null, now } as const;
  await create(env.DB, licenseCreation(env.DB, license, { action: "license.issue" }), { actor });
  return id;
}

/** A token as its hive has it: when it was made, and when the last verifier stops accepting it. */
type Token = { iat: number; usableUntil: number };

/** Hives of one license at times of the test's choice, with their tokens. */
export class Fleet {
  readonly licenseId: string;
  /** The last token of each hive, by its fingerprint's hash. */
  readonly tokens = new Map<string, Token>();
  readonly #names = new Map<string, string>();
  /** The edge record, as published after the last change. */
  record: ReturnType<typeof licenseRecordOf> | null = null;

  constructor(licenseId: string) {
    this.licenseId = licenseId;
  }

  read(): Promise<License> {
    return requireLicense(env.DB, this.licenseId);
  }

  async #hashOf(name: string): Promise<string> {
    const hash = await hashFingerprint(this.licenseId, name);
    this.#names.set(hash, name);
    return hash;
  }

  /** The fingerprints of hashes, sorted. */
  namesOf(hashes: readonly string[]): string[] {
    return hashes.map((hash) => this.#names.get(hash) ?? hash).sort();
  }

  #actor(now: number) {
    return { actor: `license:${this.licenseId}`, requestId: null, now } as const;
  }

  /** Activates a hive, which then gets a token. Returns the code of a refusal, or null. */
  async arrive(name: string, now: number, takeOver: TakeOver | null = null): Promise<string | null> {
    const holder = { licenseId: this.licenseId, generation: 0 };
    const hash = await this.#hashOf(name);
    const mark = async () => ({ kind: "machine", hash }) as const;
    const facts = { forms: [hash] as const, mark, name: null, platform: null };
    const seat = await activateMachine(env.DB, holder, facts, this.#actor(now), takeOver);
    if (!seat.ok) return seat.error.code;
    if (seat.value.changeId !== null) await this.publish(now);
    return this.#renew(seat.value.license, hash, now);
  }

  /** A hive asks for the next token. */
  async renew(name: string, now: number): Promise<string | null> {
    const hash = await this.#hashOf(name);
    const license = await this.read();
    const machine = activeMachine(license, [hash]);
    if (!machine) return "MACHINE_DEACTIVATED";
    const seat = await comeBackIfLapsed(env.DB, license, machine, this.#actor(now));
    if (!seat.ok) return seat.error.code;
    if (seat.value.changeId !== null) await this.publish(now);
    return this.#renew(seat.value.license, hash, now);
  }

  async #renew(license: License, hash: string, now: number): Promise<string | null> {
    const machine = activeMachine(license, [hash]);
    if (!machine || !(await seeMachine(env.DB, license, machine.id, now))) return "MACHINE_DEACTIVATED";
    const expiry = tokenExpiry(now, Number.POSITIVE_INFINITY, seatEnd(license, { ...machine, last_seen_at: now }));
    const iat = Math.max(now, machine.activated_at);
    this.tokens.set(hash, { iat, usableUntil: expiry + CLOCK_TOLERANCE });
    return null;
  }

  /** A hive asks for an offline lease. */
  async lease(name: string, until: number, now: number): Promise<void> {
    const hash = await this.#hashOf(name);
    const license = await this.read();
    const machine = activeMachine(license, [hash]);
    if (!machine || !(await recordLease(env.DB, license, machine, until, this.#actor(now)))) return;
    this.tokens.set(hash, { iat: Math.max(now, machine.activated_at), usableUntil: until });
  }

  async leave(name: string, now: number): Promise<void> {
    if ((await freeSeat(env.DB, this.licenseId, { forms: [await this.#hashOf(name)] }, this.#actor(now))) !== null)
      await this.publish(now);
  }

  async publish(now: number): Promise<void> {
    this.record = licenseRecordOf(await this.read(), now);
  }
}
