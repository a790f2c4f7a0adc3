import { decodeBase64Url, encodeBase64Url, equalInConstantTime } from "../../../lib/encoding.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import type { Holder } from "../../licensing/holder.ts";
import { LINK_LIFETIME } from "./presigned.ts";

const MAC_BYTES = 32;
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

/** The HMAC key that links are signed with. `secret` is DOWNLOAD_LINK_SECRET. */
export const importLinkSecret = (secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

const mac = async (secret: CryptoKey, payload: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.sign("HMAC", secret, payload));

/**
 * The opaque part of `/dl/{opaque}`: base64url of the payload and its HMAC-SHA-256. It contains no dot, because pacman
 * asks for `.sig` beside a redirect's target that has `.pkg` or `.db` in its path. It reveals no secret of the license.
 */
export async function sealLink(link: Link, secret: CryptoKey): Promise<string> {
  const holder: [string, string, number] | [] = link.holder
    ? [link.holder.licenseId, link.holder.machine, link.holder.generation]
    : [];
  const packed: Packed = [1, link.id, link.issuedAt, link.workerId, link.version, link.filename, ...holder];
  const payload = new Uint8Array(new TextEncoder().encode(JSON.stringify(packed)));
  const sealed = new Uint8Array(payload.length + MAC_BYTES);
  sealed.set(payload);
  sealed.set(await mac(secret, payload), payload.length);
  return encodeBase64Url(sealed);
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
  if (opaque.length > MAX_LINK_LENGTH || !/^[A-Za-z0-9_-]+$/.test(opaque) || opaque.length % 4 === 1) return invalid;
  const sealed = decodeBase64Url(opaque);
  // Each link has one spelling. Different spare bits at the end make it an altered link.
  if (sealed.length <= MAC_BYTES || encodeBase64Url(sealed) !== opaque) return invalid;
  const payload = sealed.slice(0, -MAC_BYTES);
  if (!equalInConstantTime(sealed.subarray(-MAC_BYTES), await mac(secret, payload))) return invalid;
  const packed = JSON.parse(new TextDecoder().decode(payload)) as Packed;
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
