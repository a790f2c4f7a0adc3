import type { LicenseToken } from "./api.ts";
import { sha256, toBase64Url } from "./bytes.ts";
import type { Catalog } from "./catalog.ts";
import { clockNow, TOLERANCE, type UnixSeconds } from "./clock.ts";
import { coverageOf, type WantedVersion } from "./coverage.ts";
import { readCredential } from "./credential.ts";
import { CatalogError } from "./error.ts";
import { readKeySet } from "./key-set.ts";
import { type StatusList, statusAt, type TokenStatus } from "./status-list.ts";
import { type LicenseClaims, type TokenRefusal, verifyToken } from "./token.ts";
import { isTemporary } from "./transport.ts";

/** This machine's seat on a license, to be kept between runs. It holds secrets: let only its owner read it. */
export type Seat = {
  /** The catalog's origin. */
  catalog: string;
  license_id: string;
  machine_id: string;
  token: string;
  /** RFC 3339. */
  expires_at: string;
  /** RFC 3339: when to ask for the next token. */
  renew_after: string;
  /** The newest time that is known, in Unix seconds. */
  seen: UnixSeconds;
  /** The key set by which the token verifies without a network. */
  key_set: unknown;
  /** A hash of the license key that the seat was taken by; null: none was at hand. */
  key_hash: string | null;
};

/** Where the seat is kept. `save(null)` removes it. */
export type SeatStore = { load(): Promise<Seat | null>; save(seat: Seat | null): Promise<void> };

export type HiveLicenseOptions = {
  catalog: Catalog;
  /** A text that names this machine and never changes. */
  fingerprint: string;
  store: SeatStore;
  /** The license key. Without it, an activated machine renews by its token, for 30 days. */
  key?: string;
  /** The machine's name, for the license's owner. */
  name?: string;
  platform?: string;
  /** Ask for leases as long as the plan allows, for a machine that is seldom online. */
  offline?: boolean;
  now?: () => UnixSeconds;
};

/** The verdict on this machine's license. `status` is unknown without a network. */
export type LicenseVerdict =
  | { code: "VALID"; claims: LicenseClaims; status: TokenStatus | "unknown" }
  | {
      code: TokenRefusal | "NOT_ENTITLED" | "VERSION_NOT_COVERED" | "CREDENTIAL_REQUIRED";
      status: TokenStatus | "unknown";
    };

/** A token with less time left is renewed, so that it does not expire during a download. In seconds. */
const SPARE = 300;

const secondsOf = (time: string): UnixSeconds => Date.parse(time) / 1000;

/** The license of one machine: it activates, keeps a token that is good, and judges without a network. */
export class HiveLicense {
  readonly #options: HiveLicenseOptions;
  #renewing: Promise<Seat> | null = null;
  #changes: Promise<void> = Promise.resolve();
  #list: { uri: string; list: StatusList; until: UnixSeconds } | null = null;

  constructor(options: HiveLicenseOptions) {
    this.#options = options;
  }

  #now = (): UnixSeconds => (this.#options.now ?? clockNow)();

  async #seat(): Promise<Seat | null> {
    const seat = await this.#options.store.load();
    // A token goes to no other catalog than its own.
    return seat?.catalog === this.#options.catalog.url ? seat : null;
  }

  /**
   * A token that is good now. It activates the machine at the first call, and renews the token once its time has come.
   * While the catalog cannot be reached, a token that has not expired goes on working. `rejected` is a token that the
   * catalog has just refused, for example because this machine's clock is behind: it is replaced by the key. Throws
   * `CatalogError`.
   */
  token = async (rejected?: string): Promise<string> => {
    const seat = await this.#seat();
    const keyHash = await this.#keyHash();
    // Another key, of another license or a newer one of the same, has its own seat.
    if (seat === null || (keyHash !== null && keyHash !== seat.key_hash)) return this.activate();
    if (rejected !== undefined && rejected === seat.token) return (await this.#once(() => this.#renew(seat))).token;
    const time = Math.max(this.#now(), seat.seen);
    const left = secondsOf(seat.expires_at) - time;
    if (left > SPARE && time < secondsOf(seat.renew_after)) return seat.token;
    try {
      return (await this.#once(() => this.#renew(seat))).token;
    } catch (error) {
      if (left > 0 && error instanceof CatalogError && isTemporary(error)) return seat.token;
      throw error;
    }
  };

  /** Activates this machine, also if it is active already. Throws `CatalogError`. */
  activate = async (): Promise<string> => (await this.#once(() => this.#activate())).token;

  /** Frees this machine's seat and forgets it. Throws `CatalogError`. */
  async deactivate(): Promise<void> {
    const { catalog, fingerprint, key } = this.#options;
    const seat = await this.#seat();
    const license = key ?? seat?.token;
    if (license === undefined) return;
    await catalog.deactivate(license, fingerprint);
    await this.#change(() => null);
  }

  /**
   * Judges the stored token without a network: is it genuine, in time and this machine's, and does it open `wanted`?
   * With `online` it also reads the status list; if that cannot be had, `status` is unknown. A status that is not valid
   * does not change the code: tokens of a removed machine or a revoked license are refused by the catalog, and the
   * caller decides about workers that run.
   */
  async verify({ wanted, online = false }: { wanted?: WantedVersion; online?: boolean } = {}): Promise<LicenseVerdict> {
    const { catalog, fingerprint } = this.#options;
    const seat = await this.#seat();
    if (seat === null) return { code: "CREDENTIAL_REQUIRED", status: "unknown" };
    const time = { now: this.#now(), seen: seat.seen };
    if (time.now > seat.seen + TOLERANCE) await this.#remember(time.now);
    const keys = readKeySet(seat.key_set);
    const verdict = await verifyToken(seat.token, { ...time, keys, issuer: catalog.issuer, fingerprint });
    if (verdict.code !== "VALID") return { code: verdict.code, status: "unknown" };
    const { claims } = verdict;
    const status = online ? await this.#status(claims, seat).catch(() => "unknown" as const) : "unknown";
    const coverage = wanted === undefined ? "VALID" : coverageOf(claims, wanted);
    return coverage === "VALID" ? { code: "VALID", claims, status } : { code: coverage, status };
  }

  async #status({ status: { status_list } }: LicenseClaims, seat: Seat): Promise<TokenStatus | "unknown"> {
    const { uri, idx } = status_list;
    const now = this.#now();
    if (this.#list?.uri !== uri || this.#list.until <= now) {
      const list = await this.#options.catalog.statusList(uri, {
        now,
        seen: seat.seen,
        keys: readKeySet(seat.key_set),
      });
      this.#list = { uri, list, until: now + list.ttl };
    }
    return statusAt(this.#list.list, idx) ?? "unknown";
  }

  /** Keeps the time, behind which the clock may not be set back from now on. */
  #remember = (seen: UnixSeconds): Promise<void> =>
    this.#change((seat) => (seat === null ? null : { ...seat, seen: Math.max(seat.seen, seen) }));

  /** Changes the stored seat. One change follows the other, so that none is lost. */
  #change(change: (seat: Seat | null) => Seat | null): Promise<void> {
    const { store } = this.#options;
    const changed = this.#changes.then(async () => store.save(change(await store.load())));
    this.#changes = changed.catch(() => {});
    return changed;
  }

  async #keyHash(): Promise<string | null> {
    const { key } = this.#options;
    if (key === undefined) return null;
    return toBase64Url(await sha256(`rbee-license-key:${readCredential(key).text.toUpperCase()}`));
  }

  /** Runs one request for a token at a time: callers at the same moment share it. */
  async #once(request: () => Promise<Seat>): Promise<Seat> {
    this.#renewing ??= request().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #activate(): Promise<Seat> {
    const { catalog, key, fingerprint, name, platform, offline } = this.#options;
    if (key === undefined) throw new CatalogError("CREDENTIAL_REQUIRED", "This machine has no license key.");
    const machine = { fingerprint, name: name ?? null, platform: platform ?? null, offline: offline ?? null };
    return this.#keep(await catalog.activate(key, machine));
  }

  async #renew({ token }: Seat): Promise<Seat> {
    const { catalog, key, fingerprint, offline } = this.#options;
    // By the key if there is one: then tokens alone are good for another 30 days.
    return this.#keep(await catalog.renew(key ?? token, { fingerprint, offline: offline ?? null }));
  }

  async #keep(answer: LicenseToken): Promise<Seat> {
    const { catalog } = this.#options;
    const { token, expires_at, renew_after, license, machine } = answer;
    const before = await this.#seat();
    const seat: Seat = {
      catalog: catalog.url,
      license_id: license.id,
      machine_id: machine.id,
      token,
      expires_at,
      renew_after,
      // The catalog's own clock. It also mends a `seen` that a wrong clock of this machine has moved ahead.
      seen: secondsOf(machine.last_seen_at),
      // The keys of before go on verifying, if the catalog fails just now. A token that is not kept would be lost.
      key_set: await catalog.call("getTokenSigningKeys").catch(() => before?.key_set ?? null),
      key_hash: (await this.#keyHash()) ?? before?.key_hash ?? null,
    };
    await this.#change(() => seat);
    return seat;
  }
}
