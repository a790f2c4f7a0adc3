import { encodeBase64Url } from "../lib/encoding.ts";
import type { MinisignPublicKey } from "../lib/minisign/minisign.ts";
import { type PackageSigningEntry, packageSigningKeys, verifyPackageDelegation } from "../lib/openpgp/package-key.ts";
import {
  armorCertificates,
  type OpenPgpCertificate,
  parseCertificates,
  showFingerprint,
} from "../lib/openpgp/public-key.ts";
import { type CatalogClient, path } from "./catalog-client.ts";
import { CliError, EXIT, parseJson } from "./errors.ts";
import { readNamedFile } from "./files.ts";

/** An entry of PACKAGE_SIGNING_KEYS and the fingerprint of its key. */
export type NamedEntry = { entry: PackageSigningEntry; fingerprint: string };

/** Reads a file with the value of PACKAGE_SIGNING_KEYS. Throws `CliError` if it is not one; never quotes it. */
export async function readPackageKeys(file: string): Promise<NamedEntry[]> {
  const invalid = () => new CliError(EXIT.usage, `${file} is not a value of PACKAGE_SIGNING_KEYS.`);
  const entries = parseJson(packageSigningKeys(), (await readNamedFile(file)).toString("utf8"));
  if (entries === null) throw invalid();
  return Promise.all(
    entries.map(async ({ secret_key, ...published }) => {
      const parsed = await parseCertificates(published.public_key);
      const [certificate] = parsed.ok ? parsed.value : [];
      if (!certificate) throw invalid();
      const secret = secret_key === undefined ? {} : { secret_key: encodeBase64Url(secret_key) };
      return { entry: { ...published, ...secret }, fingerprint: showFingerprint(certificate) };
    }),
  );
}

/** The text of a file with the value of PACKAGE_SIGNING_KEYS: one line, as a secret is. */
export const formatPackageKeys = (named: readonly NamedEntry[]): string =>
  `${JSON.stringify(named.map(({ entry }) => entry))}\n`;

/** A step of a rotation, by fingerprint: the key that signs packages, those that stop to sign, those that go. */
export type Arrangement = { signWith?: string; retire: readonly string[]; remove: readonly string[] };

/**
 * The keys after a step of a rotation. A retired key loses its private half, and stays published for the packages that
 * it has signed. Throws `CliError` for a fingerprint that is not there, or if no key could sign packages.
 */
export function arrangePackageKeys(
  keys: readonly NamedEntry[],
  { signWith, retire, remove }: Arrangement,
): NamedEntry[] {
  const isOne = (named: readonly string[], { fingerprint }: NamedEntry) =>
    named.some((name) => name.toUpperCase() === fingerprint);
  const all = [...retire, ...remove, ...(signWith === undefined ? [] : [signWith])];
  const unknown = all.find((name) => !keys.some((key) => isOne([name], key)));
  if (unknown !== undefined) {
    const known = keys.map(({ fingerprint }) => fingerprint).join(", ");
    throw new CliError(EXIT.usage, `No key has the fingerprint ${unknown}. The keys are ${known}.`);
  }
  const isFirst = (key: NamedEntry) => signWith !== undefined && isOne([signWith], key);
  const arranged = [...keys.filter(isFirst), ...keys.filter((key) => !isFirst(key))]
    .filter((key) => !isOne(remove, key))
    .map((key) => (isOne(retire, key) ? { ...key, entry: withoutSecret(key.entry) } : key));
  if (arranged[0]?.entry.secret_key === undefined) {
    throw new CliError(EXIT.usage, "The first key must be able to sign packages. Name another one with --sign-with.");
  }
  return arranged;
}

const withoutSecret = ({ public_key, delegation }: PackageSigningEntry): PackageSigningEntry => ({
  public_key,
  delegation,
});

/** The keys for packages that a catalog serves, all vouched for, and their armored text. */
export type VerifiedKeys = { armored: string; keys: { fingerprint: string; user_id: string }[] };

/**
 * Fetches the catalog's keys for packages. Throws `CliError` (integrity) unless one of `releaseKeys` has signed each.
 * The text is made anew from the verified keys, so that it has nothing else in it.
 */
export async function fetchPackageKeys(client: CatalogClient, releaseKeys: MinisignPublicKey[]): Promise<VerifiedKeys> {
  const textAt = async (at: string) => (await client.send({ path: at })).text();
  const refuse = (reason: string) => new CliError(EXIT.integrity, `${client.url}/keys/packages.asc: ${reason}`);
  const served = await parseCertificates(await textAt("/keys/packages.asc"));
  if (!served.ok) throw refuse(served.error);
  const verified: OpenPgpCertificate[] = [];
  for (const certificate of served.value) {
    const minisig = await textAt(path`/keys/packages/${`${showFingerprint(certificate)}.asc.minisig`}`);
    const known = await verifyPackageDelegation(releaseKeys, armorCertificates([certificate]), minisig);
    if (!known.ok) throw refuse(known.error);
    verified.push(known.value);
  }
  return {
    armored: armorCertificates(verified),
    keys: verified.map((one) => ({ fingerprint: showFingerprint(one), user_id: one.userId })),
  };
}
