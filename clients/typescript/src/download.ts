import type { Download, Operations } from "./api.ts";
import type { Catalog } from "./catalog.ts";
import { CatalogError, codeOf } from "./error.ts";
import { checkFile, type FileFault } from "./file-signature.ts";
import { type Part, receiveRest } from "./file-transfer.ts";
import { type Digest, RunningDigest } from "./hashes.ts";
import { type PublicKey, showKeyId } from "./minisign.ts";
import { refuse } from "./result.ts";
import type { Sink } from "./sink.ts";
import { isPrivate, isTemporary, send } from "./transport.ts";

type LinkQuery = Operations["getDownloadLink"]["query"];

export type DownloadRequest = LinkQuery & {
  /** The worker's id or variant. */
  worker: string;
  /** An exact version, or `latest` (the default). */
  version?: string;
  /**
   * A license key or token, or a function that gives the current one, such as `HiveLicense.token`. It is sent only if
   * the catalog asks for it. The function gets a token that the catalog has refused, and gives another one.
   */
  license?: string | ((rejected?: string) => Promise<string>);
  /** The machine of a license key. A token carries its own. */
  fingerprint?: string;
  /** The keys that may sign the file. Pin them: `Catalog.releaseKeys` trusts the catalog. */
  releaseKeys: readonly PublicKey[];
  /** Where the bytes go. Bytes of an earlier run are kept and resumed. */
  sink: Sink;
  /** A faster hash than the one in JavaScript, such as `nativeDigest` of `rbee-catalog-client/node`. */
  digest?: () => Digest;
  onProgress?: (received: number, size: number) => void;
  signal?: AbortSignal;
};

/** A file that was received whole, and is the published one. `signedBy`: the id of the release key. */
export type Downloaded = Pick<Download, "worker_id" | "version" | "filename" | "size" | "sha256"> & {
  signedBy: string;
};

/** Attempts in a row without a byte beyond all before. */
const FRUITLESS_ATTEMPTS = 5;
const PAUSE_MS = 500;

/**
 * Downloads a file of a worker, and checks its size, its sum and its signature. It resumes after a broken connection
 * and an expired link, with the same version. A file that is not the published one is dropped from the sink:
 * FILE_ALTERED. Do not use the bytes before it returns.
 */
export async function download(catalog: Catalog, request: DownloadRequest): Promise<Downloaded> {
  const ask = linkSource(catalog, request);
  const first = await ask(request.version ?? "latest");
  if (request.version !== undefined && request.version !== "latest" && first.version !== request.version) {
    throw new CatalogError("ANSWER_UNEXPECTED", `The catalog answered with version ${first.version}.`);
  }
  // A part of an earlier run may be of another file, which shows only at its end. Then all of it is fetched once.
  const isResumed = (await request.sink.size()) > 0;
  try {
    return await downloadOnce(catalog, request, first, ask);
  } catch (error) {
    if (!isResumed || codeOf(error) !== "FILE_ALTERED") throw error;
    return downloadOnce(catalog, request, first, ask);
  }
}

type Ask = (version: string) => Promise<Download>;

async function downloadOnce(
  catalog: Catalog,
  request: DownloadRequest,
  first: Download,
  ask: Ask,
): Promise<Downloaded> {
  const { sink, onProgress = () => {}, signal, releaseKeys } = request;
  const newDigest = request.digest ?? (() => new RunningDigest());
  const { worker_id, version, filename, size, sha256 } = first;
  const part: Part = { sink, newDigest, digest: newDigest(), size };
  await startPart(part);
  onProgress(part.digest.size, size);
  let link = first;
  let most = 0;
  for (let fruitless = 0; part.digest.size < size; ) {
    most = Math.max(most, part.digest.size);
    const failure = await receiveRest(part, checkedLink(addressOf(link), catalog.url), {
      fetch: catalog.transport.fetch,
      onProgress: (received) => onProgress(received, size),
      signal,
    });
    if (failure === null) continue;
    signal?.throwIfAborted();
    // Compared with the most ever: behind a proxy that strips Range, every attempt has the first bytes again.
    fruitless = part.digest.size > most ? 0 : fruitless + 1;
    const isOver = hasLinkEnded(failure);
    if (fruitless >= FRUITLESS_ATTEMPTS || !(isOver || isTemporary(failure))) throw failure;
    if (!isOver) await catalog.transport.sleep(PAUSE_MS * 2 ** fruitless);
    // The license is judged again, and the link is of the same file.
    link = await ask(version);
    if (link.sha256 !== sha256) throw altered(first, "sha256");
  }
  const minisig = await signatureOf(catalog, link, signal);
  const file = { worker_id, version, filename, size, sha256 };
  const checked =
    minisig === null ? refuse("unsigned" as const) : await checkFile(part.digest.finish(), file, minisig, releaseKeys);
  if (!checked.ok) {
    await sink.clear();
    throw altered(first, checked.why);
  }
  return { worker_id, version, filename, size, sha256, signedBy: showKeyId(checked.value.id) };
}

/** Whether a new link may help. R2 answers 403 without a code of the catalog to its own links after their minute. */
const hasLinkEnded = ({ code, status, answeredCode }: CatalogError): boolean =>
  code === "LINK_EXPIRED" || code === "LINK_INVALID" || (status === 403 && answeredCode === null);

/** Hashes the bytes of an earlier run. More bytes than the file has are not a part of it. */
async function startPart({ sink, digest, size }: Part): Promise<void> {
  if ((await sink.size()) > size) await sink.clear();
  for await (const bytes of sink.read()) digest.update(bytes);
}

/** A function that asks for the link of a version. It sends the license once the catalog has asked for one. */
function linkSource(catalog: Catalog, request: DownloadRequest): Ask {
  const { worker, platform, filename, channel, license, fingerprint, signal } = request;
  let isPremium = false;
  return async (version) => {
    const file = { worker, version, platform, filename, channel: version === "latest" ? channel : undefined };
    const askWith = (sent: string): Promise<Download> => catalog.link(file, { license: sent, fingerprint, signal });
    if (!isPremium || license === undefined) {
      try {
        return await catalog.link(file, { signal });
      } catch (error) {
        if (license === undefined || codeOf(error) !== "CREDENTIAL_REQUIRED") throw error;
        isPremium = true;
      }
    }
    return typeof license === "string" ? askWith(license) : askWithCurrent(license, askWith);
  };
}

/** Asks with the current token, and once more with another one if the catalog refuses that. */
async function askWithCurrent(
  license: (rejected?: string) => Promise<string>,
  askWith: (token: string) => Promise<Download>,
): Promise<Download> {
  const token = await license();
  try {
    return await askWith(token);
  } catch (error) {
    const other = REPLACEABLE.has(codeOf(error)) ? await license(token) : token;
    if (other === token) throw error;
    return askWith(other);
  }
}

/** The refusals of a token that its key may replace. */
const REPLACEABLE: ReadonlySet<unknown> = new Set(["TOKEN_EXPIRED", "TOKEN_INVALID", "KEY_REQUIRED", "KEY_ROTATED"]);

/** The public address if the catalog itself serves both: caches have it. */
function addressOf({ download_url, public_url }: Download): string {
  const isOwn = public_url !== null && URL.canParse(public_url) && URL.canParse(download_url);
  return isOwn && new URL(public_url).origin === new URL(download_url).origin ? public_url : download_url;
}

/** A link of the catalog's answer. Only a catalog on this machine may link to plain http, and only on this machine. */
function checkedLink(link: string, catalogUrl: string): URL {
  const url = URL.canParse(link) ? new URL(link) : null;
  const mayBePlain = new URL(catalogUrl).protocol === "http:";
  if (url !== null && isPrivate(url) && (url.protocol === "https:" || mayBePlain)) return url;
  throw new CatalogError("URL_NOT_SECURE", `${catalogUrl} sent a link that is not encrypted. It is not followed.`);
}

/** The text of the file's signature, or null: it is not signed. */
async function signatureOf(catalog: Catalog, link: Download, signal?: AbortSignal): Promise<string | null> {
  if (link.signature_url === null) return null;
  const url = checkedLink(link.signature_url, catalog.url);
  return (await send(catalog.transport, { url, method: "GET", credential: null, signal })).text;
}

const WORDS: Record<FileFault | "unsigned", string> = {
  unsigned: "it is not signed",
  size: "it has another size",
  sha256: "its SHA-256 is another",
  format: "its signature is none",
  legacy: "its signature is a legacy one",
  unknown_key: "its signature is by a key that is not trusted",
  trusted_comment: "the comment of its signature was altered",
  content: "its signature is of another file",
  names: "its signature names another file, worker or version",
};

const altered = ({ worker_id, version }: Download, fault: keyof typeof WORDS): CatalogError =>
  new CatalogError("FILE_ALTERED", `${worker_id} ${version} is not the published file: ${WORDS[fault]}.`);
