import { concat, encodeHex } from "../encoding.ts";
import { err, ok, type Result } from "../result.ts";
import type { UnixSeconds } from "../time.ts";
import { armor, dearmor } from "./armor.ts";
import { fourBytes, mpi, type Packet, packet, parsePackets, TAG, twoBytes } from "./packet.ts";

/** EdDSA as GnuPG has it since 2.1 (draft-koch-eddsa-for-openpgp-00). apt, rpm and pacman read no newer form. */
export const EDDSA = 22;

/** The object identifier of Ed25519, 1.3.6.1.4.1.11591.15.1, with its length (draft-koch-eddsa, section 6). */
const ED25519_OID = Uint8Array.of(9, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01);

/** The first byte of a point in its native form. */
const NATIVE_POINT = 0x40;

/** A public key: the 32 bytes of the Ed25519 key, and the time it was made at, which its fingerprint depends on. */
export type OpenPgpKey = { key: Uint8Array<ArrayBuffer>; createdAt: UnixSeconds; fingerprint: Uint8Array<ArrayBuffer> };

/** A key with one name and the key's certification of that name, as a client gets it. */
export type OpenPgpCertificate = OpenPgpKey & {
  userId: string;
  /** The packets: key, user id, certification. */
  packets: Uint8Array<ArrayBuffer>;
};

/** The body of the public key packet, version 4 (RFC 4880, section 5.5.2). */
const keyBody = (key: Uint8Array, createdAt: UnixSeconds): Uint8Array<ArrayBuffer> =>
  concat(
    Uint8Array.of(4),
    fourBytes(createdAt),
    Uint8Array.of(EDDSA),
    ED25519_OID,
    mpi(concat(Uint8Array.of(NATIVE_POINT), key)),
  );

/** The bytes that stand for a key in its fingerprint and in signatures over it (RFC 4880, sections 5.2.4 and 12.2). */
export const hashedKey = ({ key, createdAt }: Pick<OpenPgpKey, "key" | "createdAt">): Uint8Array<ArrayBuffer> => {
  const body = keyBody(key, createdAt);
  return concat(Uint8Array.of(0x99), twoBytes(body.length), body);
};

/** A public key with its fingerprint. Throws WebCrypto's errors. */
export async function openPgpKey(key: Uint8Array<ArrayBuffer>, createdAt: UnixSeconds): Promise<OpenPgpKey> {
  const digest = await crypto.subtle.digest("SHA-1", hashedKey({ key, createdAt }));
  return { key, createdAt, fingerprint: new Uint8Array(digest) };
}

/** The public key packet. */
export const publicKeyPacket = ({ key, createdAt }: OpenPgpKey): Uint8Array<ArrayBuffer> =>
  packet(TAG.publicKey, keyBody(key, createdAt));

/** A fingerprint as people compare it: 40 hexadecimal digits, upper case. */
export const showFingerprint = ({ fingerprint }: OpenPgpKey): string => encodeHex(fingerprint).toUpperCase();

/** Certificates as one armored block, because apt reads the first block of a file only. */
export const armorCertificates = (certificates: readonly Pick<OpenPgpCertificate, "packets">[]): string =>
  armor("PUBLIC KEY BLOCK", concat(...certificates.map(({ packets }) => packets)));

/**
 * Parses an armored block of certificates that `armorCertificates` made: each a key, one user id and one signature. It
 * verifies no certification: the release key's signature over the text is the reason to trust it. The error is a
 * sentence. Throws WebCrypto's errors.
 */
export async function parseCertificates(text: string): Promise<Result<OpenPgpCertificate[], string>> {
  const bytes = dearmor("PUBLIC KEY BLOCK", text);
  if (!bytes.ok) return bytes;
  const parsed = parsePackets(bytes.value);
  if (!parsed.ok) return parsed;
  const certificates: OpenPgpCertificate[] = [];
  for (let at = 0; at < parsed.value.length; at += 3) {
    const certificate = await parseCertificate(parsed.value.slice(at, at + 3));
    if (certificate === null) {
      return err("It is not a list of Ed25519 keys of version 4, each with one user id and one signature.");
    }
    certificates.push(certificate);
  }
  return certificates.length === 0 ? err("It has no key.") : ok(certificates);
}

async function parseCertificate([first, second, third]: readonly Packet[]): Promise<OpenPgpCertificate | null> {
  if (first?.tag !== TAG.publicKey || second?.tag !== TAG.userId || third?.tag !== TAG.signature) return null;
  const { body } = first;
  if (body.length < 37) return null;
  const key = body.slice(-32);
  const createdAt = new DataView(body.buffer).getUint32(1);
  // Equal to the only form that there is: version, algorithm, curve and point are right.
  if (encodeHex(keyBody(key, createdAt)) !== encodeHex(body)) return null;
  const packets = concat(...[first, second, third].map((one) => packet(one.tag, one.body)));
  return { ...(await openPgpKey(key, createdAt)), userId: new TextDecoder().decode(second.body), packets };
}
