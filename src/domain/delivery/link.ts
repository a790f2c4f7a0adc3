import { decodeBase64 } from "../../lib/encoding.ts";
import { newId } from "../../lib/id.ts";
import { onceResolved } from "../../lib/isolate.ts";
import { logEvent } from "../../lib/log.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { importSealKey, openSealed, sealText } from "../../lib/sealed-text.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { ownOrigin } from "../../platform/http/own-address.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import type { ReadScope } from "../../platform/http/router.ts";
import { countLate } from "../../platform/usage/late.ts";
import { placeOf } from "../../platform/usage/place.ts";
import type { Holder } from "../licensing/holder.ts";
import type { ManifestArtifact } from "../releases/manifest.ts";
import type { Worker } from "../workers/workers.ts";
import type { Asker } from "./authorization.ts";
import type { Delivery } from "./decision.ts";
import type { StreamEnd } from "./guarded-stream.ts";
import { LINK_LIFETIME, PRESIGNED_LIFETIME, presignObject } from "./presigned.ts";

const MAX_LINK_LENGTH = 2048;

/** The content of a link: one file with its signatures, and for a premium worker the holder that it was made for. */
export type Link = {
  id: string;
  issuedAt: UnixSeconds;
  workerId: string;
  version: string;
  filename: string;
  holder: Holder | null;
};

type Packed = [
  version: 1,
  id: string,
  issuedAt: number,
  workerId: string,
  release: string,
  filename: string,
  ...holder: [licenseId: string, machine: string, generation: number] | [],
];

/**
 * The opaque part of `/dl/{opaque}`: base64url of the payload and its HMAC-SHA-256. It contains no dot, because pacman
 * asks for `.sig` beside a redirect's target that has `.pkg` or `.db` in its path. It reveals no secret of the license.
 */
export async function sealLink(link: Link, secret: CryptoKey): Promise<string> {
  const holder: [string, string, number] | [] = link.holder
    ? [link.holder.licenseId, link.holder.machine, link.holder.generation]
    : [];
  const packed: Packed = [1, link.id, link.issuedAt, link.workerId, link.version, link.filename, ...holder];
  return sealText(JSON.stringify(packed), secret);
}

const invalid = err<Refusal>({
  code: "LINK_INVALID",
  detail: "This download link is incomplete, or this service did not make it.",
});

/**
 * Opens the opaque part of a link that this service sealed at most `LINK_LIFETIME` seconds before `now`. Errors:
 * LINK_EXPIRED, and LINK_INVALID for any other text. Reads no storage: the caller still decides on the delivery.
 */
export async function openLink(opaque: string, secret: CryptoKey, now: UnixSeconds): Promise<Result<Link, Refusal>> {
  const text = await openSealed(opaque, secret, MAX_LINK_LENGTH);
  if (text === null) return invalid;
  const packed = JSON.parse(text) as Packed;
  const [, id, issuedAt, workerId, version, filename, licenseId, machine, generation] = packed;
  if (now >= issuedAt + LINK_LIFETIME) {
    return err({ code: "LINK_EXPIRED", detail: "This download link has expired. Ask for a new one." });
  }
  return ok({
    id,
    issuedAt,
    workerId,
    version,
    filename,
    holder:
      licenseId === undefined || machine === undefined || generation === undefined
        ? null
        : { licenseId, machine, generation },
  });
}

/** The imported DOWNLOAD_LINK_SECRET, once per isolate. */
export const linkSecret = onceResolved((config: Config) => importSealKey(config.DOWNLOAD_LINK_SECRET));

/** A link and its opaque part. */
export type SealedLink = { link: Link; opaque: string };

/** Makes and seals the link of an authorized delivery. */
export async function linkTo(
  c: ReadScope,
  worker: Worker,
  { release, artifact, machine }: Delivery,
  asker: Asker | null,
): Promise<SealedLink> {
  const link: Link = {
    id: newId("dl"),
    issuedAt: c.var.now,
    workerId: worker.id,
    version: release.version,
    filename: artifact.filename,
    holder: asker && {
      licenseId: asker.licenseId,
      machine: machine ?? asker.machine,
      generation: asker.generation,
    },
  };
  return { link, opaque: await sealLink(link, await linkSecret(c.var.config)) };
}

/**
 * The URL of a link's file: through this Worker or, with DELIVERY=r2-presigned, of the object itself. A presigned link
 * counts as a download when it is made, because this Worker does not see its bytes.
 */
export async function fileUrl(c: ReadScope, { link, opaque }: SealedLink, delivery: Delivery): Promise<string> {
  const { config } = c.var;
  if (config.DELIVERY === "worker") return `${ownOrigin(c.req.raw, config)}/dl/${opaque}`;
  countDownload(c, link, delivery);
  return presignObject(config, delivery.artifact.object_key, delivery.artifact.filename);
}

/** The lifetime of the URL that `fileUrl` returns, in seconds. */
export const linkLifetime = ({ DELIVERY }: Pick<Config, "DELIVERY">): number =>
  DELIVERY === "worker" ? LINK_LIFETIME : PRESIGNED_LIFETIME;

/** The URL of a signature of a link's file. It leads through this Worker, because the manifest has the signature. */
export const signatureUrl = (c: Pick<ReadScope, "req" | "var">, { opaque }: SealedLink, kind: SignatureKind): string =>
  `${ownOrigin(c.req.raw, c.var.config)}/dl/${opaque}/${kind}`;

/** Counts a download after the response. If the statistics and the queue are down, the count is lost. */
export const countDownload = (c: ReadScope, link: Link, { artifact }: Delivery): void =>
  countLate(
    c,
    {
      link_id: link.id,
      worker_id: link.workerId,
      version: link.version,
      platform: artifact.platform,
      license_id: link.holder?.licenseId ?? null,
      machine: link.holder?.machine ?? null,
      place: link.holder && placeOf(c.req.raw),
      at: link.issuedAt,
    },
    link.issuedAt + LINK_LIFETIME,
  );

/** Logs a stream that broke off because the rest was refused. Its client asks again and gets the refusal. */
export function logCut(how: StreamEnd, { holder, workerId, version }: Link, requestId: string): void {
  if (how.end !== "refused") return;
  const license = holder?.licenseId ?? null;
  logEvent("download.cut", { code: how.code, license, worker: workerId, version, request_id: requestId });
}

/** The signatures of a file, by their suffixes: minisign's, and a detached OpenPGP one. */
export const SIGNATURE_KINDS = ["minisig", "sig"] as const;
export type SignatureKind = (typeof SIGNATURE_KINDS)[number];

/** Splits a name into a file and the suffix of a signature (`worker.minisig`), or null for the file itself. */
export function parseFilename(name: string): { filename: string; signature: SignatureKind | null } {
  const signature = SIGNATURE_KINDS.find((kind) => name.endsWith(`.${kind}`)) ?? null;
  return { filename: signature === null ? name : name.slice(0, -1 - signature.length), signature };
}

/** A file's published signature of that kind, or null if it has none. */
export function signatureOf(
  { signature, pgp_signature }: Pick<ManifestArtifact, "signature" | "pgp_signature">,
  kind: SignatureKind,
): Uint8Array<ArrayBuffer> | null {
  if (kind === "sig") return pgp_signature === null ? null : decodeBase64(pgp_signature);
  return signature === null ? null : new Uint8Array(new TextEncoder().encode(signature));
}
