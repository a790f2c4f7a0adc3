import { generateEd25519 } from "../ed25519.ts";
import { concat, encodeBase64Url } from "../encoding.ts";
import type { UnixSeconds } from "../time.ts";
import { fourBytes, mpi, packet, TAG, twoBytes } from "./packet.ts";
import {
  EDDSA,
  hashedKey,
  type OpenPgpCertificate,
  type OpenPgpKey,
  openPgpKey,
  publicKeyPacket,
} from "./public-key.ts";

/** A public key with the private key to sign with. */
export type OpenPgpSigningKey = { public: OpenPgpKey; secret: CryptoKey };

/** The types of signatures (RFC 4880, section 5.2.1): of a file, of a text, and of a user id by its key. */
export const SIGNATURE_TYPE = { binary: 0x00, text: 0x01, certification: 0x13 } as const;

/** SHA-256 (RFC 4880, section 9.4). */
const SHA256 = 8;

/** Types of subpackets (RFC 4880, section 5.2.3.1; RFC 9580, section 5.2.3.35 for the fingerprint). */
const SUBPACKET = { createdAt: 2, expiresAfter: 3, issuer: 16, keyFlags: 27, issuerFingerprint: 33 } as const;

/** The key certifies its user id, and signs data (RFC 4880, section 5.2.3.21). */
const CERTIFIES_AND_SIGNS = 0x03;

const subpacket = (type: number, body: Uint8Array): Uint8Array<ArrayBuffer> =>
  concat(Uint8Array.of(body.length + 1, type), body);

/** `validSeconds`: the signature counts so long after it was made, and without it for ever. */
type Purpose = { type: number; at: UnixSeconds; validSeconds?: number | undefined; more?: Uint8Array };

/**
 * A signature packet of version 4 (RFC 4880, section 5.2.3). `sha256With` returns the SHA-256 of the signed data
 * followed by the trailer that it is given. A time before the key was made becomes the time when it was made, because
 * readers refuse a signature that is older than its key. The same arguments give the same bytes (RFC 8032). Throws
 * WebCrypto's errors.
 */
export async function signaturePacket(
  { public: key, secret }: OpenPgpSigningKey,
  { type, at, validSeconds, more = new Uint8Array() }: Purpose,
  sha256With: (trailer: Uint8Array) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const hashed = concat(
    subpacket(SUBPACKET.issuerFingerprint, concat(Uint8Array.of(4), key.fingerprint)),
    subpacket(SUBPACKET.createdAt, fourBytes(Math.max(at, key.createdAt))),
    validSeconds === undefined ? new Uint8Array() : subpacket(SUBPACKET.expiresAfter, fourBytes(validSeconds)),
    more,
  );
  const unhashed = subpacket(SUBPACKET.issuer, key.fingerprint.subarray(-8));
  const head = concat(Uint8Array.of(4, type, EDDSA, SHA256), twoBytes(hashed.length), hashed);
  const digest = await sha256With(concat(head, Uint8Array.of(4, 0xff), fourBytes(head.length)));
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", secret, digest));
  const body = concat(
    head,
    twoBytes(unhashed.length),
    unhashed,
    digest.subarray(0, 2),
    mpi(signature.subarray(0, 32)),
    mpi(signature.subarray(32)),
  );
  return packet(TAG.signature, body);
}

/** `signaturePacket` for data that is all there. */
export const signData = (
  key: OpenPgpSigningKey,
  purpose: Purpose,
  data: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> =>
  signaturePacket(
    key,
    purpose,
    async (trailer) => new Uint8Array(await crypto.subtle.digest("SHA-256", concat(data, trailer))),
  );

/** A key with the 32 bytes of its Ed25519 seed. Throws WebCrypto's errors, also if the seed is of another key. */
export async function signingKey(key: OpenPgpKey, seed: Uint8Array): Promise<OpenPgpSigningKey> {
  const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64Url(key.key), d: encodeBase64Url(seed) };
  return { public: key, secret: await crypto.subtle.importKey("jwk", jwk, "Ed25519", false, ["sign"]) };
}

/** A key's certificate: it says that the key signs and certifies, and has no end. Throws WebCrypto's errors. */
export async function certify(key: OpenPgpSigningKey, userId: string): Promise<OpenPgpCertificate> {
  const name = new TextEncoder().encode(userId);
  const certification = await signData(
    key,
    {
      type: SIGNATURE_TYPE.certification,
      at: key.public.createdAt,
      more: subpacket(SUBPACKET.keyFlags, Uint8Array.of(CERTIFIES_AND_SIGNS)),
    },
    concat(hashedKey(key.public), Uint8Array.of(0xb4), fourBytes(name.length), name),
  );
  const packets = concat(publicKeyPacket(key.public), packet(TAG.userId, name), certification);
  return { ...key.public, userId, packets };
}

/** A new key, its certificate for `userId`, and the 32 bytes of its seed. Throws WebCrypto's errors. */
export async function generateOpenPgpKey(
  userId: string,
  createdAt: UnixSeconds,
): Promise<{ certificate: OpenPgpCertificate; seed: Uint8Array<ArrayBuffer> }> {
  const { key, seed } = await generateEd25519();
  const signing = await signingKey(await openPgpKey(key, createdAt), seed);
  return { certificate: await certify(signing, userId), seed };
}
