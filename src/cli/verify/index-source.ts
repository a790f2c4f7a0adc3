import { setTimeout as sleepMs } from "node:timers/promises";
import { indexComment, ReleaseIndex } from "../../domain/delivery/index/release-index.ts";
import { verifyIndexDelegation } from "../../lib/minisign/index-key.ts";
import { attributeMinisign, type MinisignPublicKey, parseMinisignSignature } from "../../lib/minisign/minisign.ts";
import { verifyText } from "../../lib/minisign/text.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { fromRfc3339, type UnixSeconds } from "../../lib/time.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT, ProblemError, parseJson } from "../errors.ts";
import type { SeenIndexes } from "../hive/state.ts";

/** After a release, a server may serve its old copy for ten seconds, a distant one for a minute longer. */
const SETTLING_ATTEMPTS = 12;
const SETTLING_PAUSE_MS = 1000;

/** The server of the indexes, and the state to check them by. `client` may be of a mirror and is not trusted. */
export type IndexSourceOptions = {
  client: CatalogClient;
  releaseKeys: MinisignPublicKey[];
  seen: SeenIndexes;
  now: UnixSeconds;
  sleep?: (ms: number) => Promise<unknown>;
};

/** Reads each index once, and records the serials that must not go back. */
export type IndexSource = {
  /** The worker's index. Throws `CliError`: integrity if it cannot be trusted, notFound if there is none. */
  read(workerId: string): Promise<ReleaseIndex>;
  /** The newest indexes seen so far. */
  seen(): SeenIndexes;
};

/**
 * Opens a source of indexes. Fetches the key that signs them, and checks that a release key vouches for it and that it
 * is not older than one seen before. Throws `CliError`.
 */
export async function openIndexSource(options: IndexSourceOptions): Promise<IndexSource> {
  const { client, releaseKeys, now, sleep = sleepMs } = options;
  const [publicKey, minisig] = await fetchPair(client, "/keys/index-signing.pub");
  const delegation = await verifyIndexDelegation(releaseKeys, publicKey, minisig);
  const refuse = (reason: string): CliError => new CliError(EXIT.integrity, `${client.url}: ${reason}`);
  if (!delegation.ok) throw refuse(delegation.error);
  const { key, delegatedAt } = delegation.value;
  if (delegatedAt < options.seen.delegated_at) throw refuse("the index signing key has been replaced by a newer one.");
  // A new key resets the serials: a thief of the old key may have signed a huge one (TUF: fast-forward attack).
  const serials: Record<string, number> = delegatedAt === options.seen.delegated_at ? { ...options.seen.serials } : {};
  const known = new Map<string, ReleaseIndex>();

  const read = async (workerId: string): Promise<ReleaseIndex> => {
    for (let attempt = 1; ; attempt++) {
      const [text, signature] = await fetchPair(client, path`/v1/workers/${workerId}/index.json`);
      const asked = { workerId, seenSerial: serials[workerId] ?? 0, now };
      const index = await checkReleaseIndex({ text, minisig: signature }, key, asked);
      if (index.ok) return index.value;
      const mayMend = index.error.kind === "unsettled" && attempt < SETTLING_ATTEMPTS;
      if (!mayMend) throw refuse(`the index of ${workerId} is refused: ${index.error.reason}`);
      await sleep(SETTLING_PAUSE_MS);
    }
  };
  return {
    async read(workerId) {
      const index = known.get(workerId) ?? (await read(workerId));
      known.set(workerId, index);
      serials[workerId] = index.serial;
      return index;
    },
    seen: () => ({ delegated_at: delegatedAt, serials }),
  };
}

/** A file and the `.minisig` beside it. */
async function fetchPair(client: CatalogClient, at: string): Promise<[text: string, minisig: string]> {
  return Promise.all([fetchText(client, at), fetchText(client, `${at}.minisig`)]);
}

async function fetchText(client: CatalogClient, at: string): Promise<string> {
  try {
    return await (await client.send({ path: at })).text();
  } catch (error) {
    // The refusal of a plain web server, such as a mirror, does not name the file.
    if (!(error instanceof ProblemError) || error.problem !== null) throw error;
    throw new CliError(error.exitCode, `${client.url}${at}: ${error.message}`, { cause: error });
  }
}

/**
 * The reason why an index is not trusted. `unsettled`: right after a release, a server may serve a stale index or
 * signature, so a retry may help.
 */
export type IndexFault = { kind: "unsettled" | "refused"; reason: string };

/**
 * Checks an index at the time `now`. It must be signed by `key`, of this worker, not expired, and not older than
 * `seenSerial` (0: none seen). A hostile server can therefore only withhold newer indexes, until this one expires.
 */
export async function checkReleaseIndex(
  { text, minisig }: { text: string; minisig: string },
  key: MinisignPublicKey,
  { workerId, seenSerial, now }: { workerId: string; seenSerial: number; now: UnixSeconds },
): Promise<Result<ReleaseIndex, IndexFault>> {
  const refuse = (reason: string, kind: IndexFault["kind"] = "refused") => err({ kind, reason });
  const index = parseJson(ReleaseIndex, text);
  const verified = await verifyText([key], text, minisig);
  if (!verified.ok) {
    const torn = index !== null && (await isOfAnother(index, minisig, key));
    return torn
      ? refuse("its signature belongs to another version of the index.", "unsettled")
      : refuse(verified.error);
  }
  if (index === null)
    return refuse("it is signed, but this version of the command cannot read it. Update the command.");
  if (index.worker_id !== workerId) return refuse(`it is the index of ${index.worker_id}.`);
  if (fromRfc3339(index.expires_at) <= now) {
    return refuse(
      `it expired at ${index.expires_at}. The server withholds newer ones, or this machine's clock is wrong.`,
    );
  }
  if (index.serial < seenSerial) {
    return refuse(
      `it is older (serial ${index.serial}) than one that this machine has seen (${seenSerial}). ` +
        "Try again in two minutes. If it is still older, the server withholds newer ones.",
      "unsettled",
    );
  }
  return ok(index);
}

/** Whether a genuine signature names another index than this text. */
async function isOfAnother(index: ReleaseIndex, minisig: string, key: MinisignPublicKey): Promise<boolean> {
  const signature = parseMinisignSignature(minisig);
  if (!signature.ok || !(await attributeMinisign([key], signature.value)).ok) return false;
  return signature.value.trustedComment !== indexComment(index);
}
