import { type Download, type License, type LicenseToken, OPERATIONS, type Operations, type Resolution } from "./api.ts";
import { bytesOf, toBase64 } from "./bytes.ts";
import { clockNow, type Time } from "./clock.ts";
import { type Credential, readCredential } from "./credential.ts";
import { CatalogError } from "./error.ts";
import { type KeySet, readKeySet } from "./key-set.ts";
import { type PublicKey, readPublicKeys } from "./minisign.ts";
import { checkIndex, mayPass, NOTHING_SEEN, type ReleaseIndex, type SeenIndex } from "./release-index.ts";
import { isObject, parseObject } from "./result.ts";
import { readStatusList, type StatusList } from "./status-list.ts";
import { type Answer, send, type Transport, type TransportOptions, transportOf } from "./transport.ts";

type OperationId = keyof typeof OPERATIONS;

/** The input of a call. `license`: a license key or token in any form that a person hands over. */
type CallInput<Id extends OperationId> = {
  path?: Operations[Id]["path"];
  query?: Operations[Id]["query"];
  body?: Operations[Id]["body"];
  license?: string | undefined;
  /** The machine of a license key; a token carries its own. */
  fingerprint?: string | undefined;
  signal?: AbortSignal | undefined;
};

export type CatalogOptions = TransportOptions & {
  /** The catalog's address, such as `https://catalog.rbee.dev`. Plain http only for this machine. */
  url: string;
  /** The address that its tokens name as their issuer, if `url` is another one of the same catalog. */
  issuer?: string;
};

/** How often a torn index is asked for again, and how long apart, in milliseconds. */
const SETTLING = { attempts: 12, pauseMs: 1000 };

/** A catalog. Its methods throw `CatalogError`. */
export class Catalog {
  /** The origin that requests go to. */
  readonly url: string;
  /** The issuer of its tokens and status lists. */
  readonly issuer: string;
  readonly transport: Transport;

  constructor(options: CatalogOptions) {
    if (!URL.canParse(options.url)) throw new CatalogError("URL_NOT_SECURE", "The catalog's address is no URL.");
    this.url = new URL(options.url).origin;
    this.issuer = options.issuer ?? this.url;
    this.transport = transportOf(options);
  }

  /** Calls an operation of the API by its name. The methods below are shorter for the usual ones. */
  async call<Id extends OperationId>(id: Id, input: CallInput<Id> = {}): Promise<Operations[Id]["answer"]> {
    const { method, path, isJson } = OPERATIONS[id];
    const parameters: Readonly<Record<string, unknown>> = input.path ?? {};
    const url = new URL(
      this.url + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters[name]))),
    );
    for (const [name, value] of Object.entries(input.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const { text } = await this.#send(url, { ...input, method });
    const answer = isJson ? parseObject(text) : null;
    if (isJson && answer === null) throw this.#unexpected(path);
    return answer as Operations[Id]["answer"];
  }

  /** The text at a path of the catalog, for which nobody needs a credential. */
  async text(path: string, signal?: AbortSignal): Promise<string> {
    return (await this.#send(new URL(this.url + path), { method: "GET", signal })).text;
  }

  /** The workers that match a filter; all without one. */
  async list(
    filter: Operations["searchWorkers"]["query"] = {},
  ): Promise<Operations["searchWorkers"]["answer"]["workers"]> {
    const { workers } = await this.call("searchWorkers", { query: filter });
    if (!Array.isArray(workers)) throw this.#unexpected("/v1/workers");
    return workers;
  }

  /**
   * The worker, version and file for a machine, and why each other one was ruled out. Put the choice's `worker_id`,
   * `version` and `filename` into a download. A license decides about premium workers; no seat is taken.
   */
  async resolve(asked: Operations["resolveWorker"]["body"], license?: string): Promise<Resolution> {
    const answer = await this.call("resolveWorker", { body: asked, license });
    const { choice, why, untried, ruled_out } = answer;
    const isWhole = typeof why === "string" && Array.isArray(untried) && Array.isArray(ruled_out);
    const isChoice = choice === null || (isObject(choice) && hasPlainNames(choice));
    if (!isWhole || !isChoice) throw this.#unexpected("/v1/workers/resolve");
    return answer;
  }

  /** The link to a file of a worker's version. It lives for minutes; ask again for a new one. */
  async link(
    file: { worker: string; version: string } & Operations["getDownloadLink"]["query"],
    access: { license?: string | undefined; fingerprint?: string | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Download> {
    const { worker: id, version, ...query } = file;
    const answer = await this.call("getDownloadLink", { path: { id, version }, query, ...access });
    const { download_url, size, sha256 } = answer;
    if (
      typeof download_url !== "string" ||
      !hasPlainNames(answer) ||
      !Number.isSafeInteger(size) ||
      !/^[0-9a-f]{64}$/.test(sha256)
    ) {
      throw this.#unexpected("/v1/workers/.../download");
    }
    return answer;
  }

  /** Activates a machine and gets its token. Idempotent: a machine takes one seat. */
  async activate(licenseKey: string, machine: Operations["activateMachine"]["body"]): Promise<LicenseToken> {
    return this.#token(await this.call("activateMachine", { license: licenseKey, body: machine }));
  }

  /** Gets the next token of an active machine, by its license key or its unexpired token. */
  async renew(license: string, machine: Operations["issueToken"]["body"]): Promise<LicenseToken> {
    return this.#token(await this.call("issueToken", { license, body: machine }));
  }

  /** Frees the seat of a machine. Idempotent. */
  async deactivate(license: string, fingerprint: string): Promise<void> {
    await this.call("deactivateMachine", { license, body: { fingerprint } });
  }

  /** The license of a key or token, with its machines. */
  async license(license: string): Promise<License> {
    const { license: own } = await this.call("getOwnLicense", { license });
    if (!isObject(own)) throw this.#unexpected("/v1/licenses/me");
    return own;
  }

  /** The keys that verify tokens and status lists. Keep them for an hour at most while the catalog can be reached. */
  async keySet(): Promise<KeySet> {
    return readKeySet(await this.call("getTokenSigningKeys"));
  }

  /** The status list that a token names. Throws ANSWER_UNEXPECTED for one that proves nothing. */
  async statusList(uri: string, check: Time & { keys: KeySet }): Promise<StatusList> {
    const url = URL.canParse(uri) ? new URL(uri) : null;
    if (url === null || url.origin !== new URL(this.issuer).origin)
      throw this.#unexpected("the status list of a token");
    // The catalog's other address has the same list.
    const { text } = await this.#send(new URL(this.url + url.pathname), { method: "GET" });
    const list = await readStatusList(text.trim(), { ...check, issuer: this.issuer, uri });
    if (list.ok) return list.value;
    throw new CatalogError("ANSWER_UNEXPECTED", `The status list of ${this.url} proves nothing (${list.why}).`);
  }

  /** The keys that sign releases, as the catalog names them: pin their text, and do not ask again. */
  async releaseKeys(): Promise<{ text: string; keys: PublicKey[] }> {
    const text = await this.text("/keys/release-signing.pub");
    const keys = readPublicKeys(text);
    if (keys === null || keys.length === 0) throw this.#unexpected("/keys/release-signing.pub");
    return { text, keys };
  }

  /**
   * A worker's signed index, checked, and what to remember of it for the next time (`seen`). Throws INDEX_REFUSED for
   * one that is not trusted. An index that a server has not settled yet is asked for again, for some seconds.
   */
  async releaseIndex(
    workerId: string,
    {
      releaseKeys,
      seen = NOTHING_SEEN,
      now = clockNow(),
    }: {
      releaseKeys: readonly PublicKey[];
      seen?: SeenIndex;
      now?: number;
    },
  ): Promise<{ index: ReleaseIndex; seen: SeenIndex }> {
    const path = `/v1/workers/${encodeURIComponent(workerId)}/index.json`;
    const keyPath = "/keys/index-signing.pub";
    for (let attempt = 1; ; attempt++) {
      const [index, indexMinisig, indexKey, indexKeyMinisig] = await Promise.all([
        this.text(path),
        this.text(`${path}.minisig`),
        this.text(keyPath),
        this.text(`${keyPath}.minisig`),
      ]);
      const signed = { index, indexMinisig, indexKey, indexKeyMinisig };
      const checked = await checkIndex(signed, { releaseKeys, workerId, seen, now });
      if (checked.ok) return checked.value;
      if (!mayPass(checked.why) || attempt >= SETTLING.attempts) {
        throw new CatalogError("INDEX_REFUSED", `The index of ${workerId} is not trusted (${checked.why}).`);
      }
      await this.transport.sleep(SETTLING.pauseMs);
    }
  }

  async #send(
    url: URL,
    {
      method,
      body,
      license,
      fingerprint,
      signal,
    }: {
      method: "GET" | "POST";
      body?: unknown;
      license?: string | undefined;
      fingerprint?: string | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<Answer> {
    const credential = license === undefined ? null : readCredential(license);
    return send(this.transport, {
      url,
      method,
      credential: credential?.text ?? null,
      headers: machineHeaders(credential, fingerprint),
      signal,
      ...(body === undefined || body === null ? {} : { body: JSON.stringify(body) }),
    });
  }

  #token(answer: LicenseToken): LicenseToken {
    const { token, expires_at, renew_after, license, machine } = answer;
    const isWhole = typeof token === "string" && isObject(license) && isObject(machine);
    const times = isWhole ? [expires_at, renew_after, machine.last_seen_at] : [];
    if (!isWhole || times.some((time) => Number.isNaN(Date.parse(time))))
      throw this.#unexpected("the answer with a token");
    return answer;
  }

  #unexpected(place: string): CatalogError {
    return new CatalogError("ANSWER_UNEXPECTED", `${this.url} (${place}) does not answer as a catalog does.`);
  }
}

/** A name that programs make paths of. One that leads out of a folder would come from a hostile server alone. */
const isPlainName = (name: unknown): boolean => typeof name === "string" && /^(?!\.)[^/\\:\p{Cc}]+$/u.test(name);

const hasPlainNames = ({
  worker_id,
  version,
  filename,
}: Pick<Download, "worker_id" | "version" | "filename">): boolean => [worker_id, version, filename].every(isPlainName);

/**
 * The headers that name the machine of a license key. A name beyond ASCII goes as the user of Basic, because runtimes
 * disagree about the bytes of such a header.
 */
function machineHeaders(credential: Credential | null, fingerprint: string | undefined): Record<string, string> {
  if (credential?.kind !== "key" || fingerprint === undefined) return {};
  const name = fingerprint.trim();
  if (/^[\x20-\x7e]*$/.test(name)) return { "Rbee-Machine": name };
  // RFC 7617: a user has no colon.
  if (name.includes(":")) throw new CatalogError("MACHINE_REQUIRED", "Activate this machine, and send its token.");
  return { Authorization: `Basic ${toBase64(bytesOf(`${name}:${credential.text}`))}` };
}
