import type { UnixSeconds } from "./clock.ts";
import { digestOfText } from "./hashes.ts";
import { fieldsOf, type PublicKey, readMinisig, readPublicKeys, signerOf, verifyMinisig } from "./minisign.ts";
import { isObject, type JsonObject, ok, parseObject, type Result, refuse } from "./result.ts";

/** A file in a signed index. Newer catalogs add members. */
export type IndexedFile = {
  platform: string;
  kind: string;
  filename: string;
  size: number;
  sha256: string;
  /** The text of the file's `.minisig`; null: unsigned. */
  signature: string | null;
};

/** A version in a signed index. */
export type IndexedVersion = {
  version: string;
  channel: string;
  status: string;
  published_at: string;
  artifacts: IndexedFile[];
};

/** A worker's signed index: every version that was ever published. Newer catalogs add members. */
export type ReleaseIndex = {
  worker_id: string;
  serial: number;
  generated_at: string;
  expires_at: string;
  latest: string | null;
  versions: IndexedVersion[];
};

/** The texts of an index, of the key that signs indexes, and of their signatures, exactly as they were served. */
export type SignedIndex = { index: string; indexMinisig: string; indexKey: string; indexKeyMinisig: string };

/** The newest index key and serial that this machine has seen for a worker. Keep it between runs. */
export type SeenIndex = { delegated_at: UnixSeconds; serial: number };

export const NOTHING_SEEN: SeenIndex = { delegated_at: 0, serial: 0 };

export type IndexFault =
  | "delegation"
  | "delegation_old"
  | "signature"
  | "torn"
  | "unreadable"
  | "worker"
  | "expired"
  | "rolled_back";

/** The faults that may be gone a moment later: after a release, a server may serve a stale index or signature. */
export const mayPass = (fault: IndexFault): boolean => fault === "torn" || fault === "rolled_back";

/**
 * Checks a worker's signed index: a release key vouches for the key that signed it, and it has not expired and is not
 * older than one that was seen. A hostile server can then only withhold newer ones, until this one expires. Returns the
 * index, and what to remember of it.
 */
export async function checkIndex(
  signed: SignedIndex,
  check: { releaseKeys: readonly PublicKey[]; workerId: string; seen: SeenIndex; now: UnixSeconds },
): Promise<Result<{ index: ReleaseIndex; seen: SeenIndex }, IndexFault>> {
  const delegation = await readDelegation(signed, check.releaseKeys);
  if (delegation === null) return refuse("delegation");
  const { key, delegated_at } = delegation;
  if (delegated_at < check.seen.delegated_at) return refuse("delegation_old");
  const json = parseObject(signed.index);
  const index = json !== null && isIndex(json) ? json : null;
  const minisig = readMinisig(signed.indexMinisig);
  if (!minisig.ok) return refuse("signature");
  const signer = await verifyMinisig([key], minisig.value, digestOfText(signed.index).blake2b);
  if (!signer.ok) {
    const isGenuine = (await signerOf([key], minisig.value)).ok;
    return refuse(
      isGenuine && index !== null && minisig.value.trustedComment !== commentOf(index) ? "torn" : "signature",
    );
  }
  if (index === null) return refuse("unreadable");
  if (index.worker_id !== check.workerId) return refuse("worker");
  if (Date.parse(index.expires_at) / 1000 <= check.now) return refuse("expired");
  // A later key begins its serials anew: a thief of the old one may have signed a huge serial.
  const seenSerial = delegated_at === check.seen.delegated_at ? check.seen.serial : 0;
  if (index.serial < seenSerial) return refuse("rolled_back");
  return ok({ index, seen: { delegated_at, serial: index.serial } });
}

/** The index key that a release key vouches for, and the time of that; null if none does. */
async function readDelegation(
  { indexKey, indexKeyMinisig }: SignedIndex,
  releaseKeys: readonly PublicKey[],
): Promise<{ key: PublicKey; delegated_at: UnixSeconds } | null> {
  const minisig = readMinisig(indexKeyMinisig);
  if (!minisig.ok || !(await verifyMinisig(releaseKeys, minisig.value, digestOfText(indexKey).blake2b)).ok) return null;
  const fields = fieldsOf(minisig.value.trustedComment);
  const timestamp = fields.get("timestamp") ?? "";
  const [key, ...more] = readPublicKeys(indexKey) ?? [];
  const isDelegation = fields.get("purpose") === "worker-index" && /^\d{1,12}$/.test(timestamp);
  if (!isDelegation || key === undefined || more.length > 0) return null;
  return { key, delegated_at: Number(timestamp) };
}

const commentOf = ({ worker_id, serial, generated_at, expires_at }: ReleaseIndex): string =>
  [`worker:${worker_id}`, `serial:${serial}`, `generated:${generated_at}`, `expires:${expires_at}`].join("\t");

const isTime = (value: unknown): value is string =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value));
const isText = (value: unknown): value is string => typeof value === "string";
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);

function isIndex(json: JsonObject): json is ReleaseIndex & JsonObject {
  const { worker_id, serial, generated_at, expires_at, latest, versions } = json;
  const isSerial = typeof serial === "number" && Number.isSafeInteger(serial) && serial >= 0;
  const hasHead = isText(worker_id) && isSerial && isTime(generated_at) && isTime(expires_at) && isTextOrNull(latest);
  return hasHead && Array.isArray(versions) && versions.every(isVersion);
}

const isVersion = (value: unknown): boolean =>
  isObject(value) &&
  [value["version"], value["channel"], value["status"]].every(isText) &&
  isTime(value["published_at"]) &&
  Array.isArray(value["artifacts"]) &&
  value["artifacts"].every(isFile);

const isFile = (value: unknown): boolean =>
  isObject(value) &&
  [value["platform"], value["kind"], value["filename"], value["sha256"]].every(isText) &&
  Number.isSafeInteger(value["size"]) &&
  isTextOrNull(value["signature"]);
