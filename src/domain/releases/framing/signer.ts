import type { UnixSeconds } from "../../../lib/time.ts";

/** A public key that package managers trust. */
export type PackageKey = {
  /** 40 hexadecimal digits, upper case. */
  fingerprint: string;
  /** The public key in ASCII armor. */
  armored: string;
  /** The release key's minisign signature over the text of `armored`. */
  delegation: string;
};

/**
 * Signs packages and the metadata of repositories by OpenPGP (RFC 4880, Ed25519). The same input gives the same bytes,
 * so all isolates of a deployment agree.
 */
export type PackageSigner = {
  /** Every key that clients are to trust: first the one that signs packages. At least one. */
  keys: readonly PackageKey[];
  /** All public keys as binary OpenPGP packets, as `/etc/apt/keyrings` takes them. */
  keyring: Uint8Array<ArrayBuffer>;
  /** The same keys in one armored block. */
  armoredKeyring: string;
  /** A binary detached signature over `data` at `at`, by every key that has its secret here: one packet each. */
  sign(data: Uint8Array, at: UnixSeconds): Promise<Uint8Array<ArrayBuffer>>;
  /** The same in ASCII armor. With `validSeconds`, clients refuse the signature when so much time has passed. */
  signArmored(data: Uint8Array, at: UnixSeconds, validSeconds?: number): Promise<string>;
  /** `text` as a cleartext signed message (RFC 4880, section 7), by the same keys. */
  clearsign(text: string, at: UnixSeconds): Promise<string>;
  /** One signature packet by the first key alone, as the header of an RPM package holds it. */
  signOnce(data: Uint8Array, at: UnixSeconds): Promise<Uint8Array<ArrayBuffer>>;
  /** One signature packet by the first key over data that is too long to hold. `sha256With` hashes it and a trailer. */
  signHashed(
    sha256With: (trailer: Uint8Array) => Uint8Array<ArrayBuffer>,
    at: UnixSeconds,
  ): Promise<Uint8Array<ArrayBuffer>>;
};
