import { bundleFromJSON } from "@sigstore/bundle";
import { ASN1Obj, crypto as sigstore } from "@sigstore/core";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, VerificationError, Verifier } from "@sigstore/verify";
import { err, ok, type Result } from "../../../lib/result.ts";
import { type Claims, parseClaims } from "./claims.ts";

// The package leaves the hash of an EC key's signature to node:crypto's default. workerd has no default and calls every
// such signature false, so the hash is named here: SHA-256, as Sigstore's keys use it. Ed25519 has none.
const { verify } = sigstore;
Object.assign(sigstore, {
  verify: (...[data, key, signature, algorithm]: Parameters<typeof verify>) => {
    const isEd25519 = typeof key === "object" && "asymmetricKeyType" in key && key.asymmetricKeyType === "ed25519";
    const unnamed = isEd25519 ? null : "sha256";
    return Reflect.apply(verify, undefined, [data, key, signature, algorithm ?? unnamed]);
  },
});

/** The authorities of Sigstore instances that are trusted. */
export type TrustedInstances = readonly Verifier[];

/**
 * Reads trusted roots as JSON Lines, one Sigstore instance on each line, as `gh attestation trusted-root` writes them.
 * An instance with transparency logs requires an entry in one of them and a certificate that was logged. GitHub's
 * instance for private repositories has none, and requires the timestamp of its authority. Throws for a line that is no
 * trusted root.
 */
export function readTrustedRoots(text: string): TrustedInstances {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const root = TrustedRoot.fromJSON(JSON.parse(line));
      if (root.certificateAuthorities.length === 0) throw new Error("A trusted root names no certificate authority.");
      return new Verifier(toTrustMaterial(root), {
        tlogThreshold: root.tlogs.length > 0 ? 1 : 0,
        ctlogThreshold: root.ctlogs.length > 0 ? 1 : 0,
        timestampThreshold: 1,
      });
    });
}

/** A signed envelope: the claims of the signer's certificate, and the bytes that were signed. */
export type VerifiedEnvelope = { claims: Claims; payloadType: string; payload: Uint8Array };

/**
 * Verifies a Sigstore bundle with a DSSE envelope: its signature, the certificate with its chain and its entry in a
 * certificate log, the time of signing, and the entry in a transparency log. The error is the reason for a person.
 */
export function verifyBundle(instances: TrustedInstances, document: unknown): Result<VerifiedEnvelope, string> {
  try {
    const bundle = bundleFromJSON(document);
    const { content } = bundle;
    if (content.$case !== "dsseEnvelope") return err("The bundle signs a file, not an attestation.");
    const entity = toSignedEntity(bundle);
    if (entity.key.$case !== "certificate") return err("The bundle names a key instead of a certificate.");
    const identity = identityOf(instances, entity);
    if (!identity.ok) return identity;
    const claims = parseClaims(identity.value);
    return claims.ok ? ok({ claims: claims.value, ...content.dsseEnvelope }) : claims;
  } catch (error) {
    return err(`The bundle cannot be read: ${reasonOf(error)}.`);
  }
}

/** The extensions of the certificate, by their number below Fulcio's OID, from the first instance that verifies it. */
function identityOf(
  instances: TrustedInstances,
  entity: ReturnType<typeof toSignedEntity>,
): Result<ReadonlyMap<number, string>, string> {
  const reasons: string[] = [];
  for (const instance of instances) {
    try {
      return ok(extensionsOf(instance.verify(entity)));
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      reasons.push(reasonOf(error));
    }
  }
  return err(`No trusted Sigstore instance verifies it: ${reasons.join("; ") || "none is trusted"}.`);
}

/** Fulcio's extensions: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md. */
const FULCIO = [1, 3, 6, 1, 4, 1, 57264, 1];

/** From here on, the value of a Fulcio extension is a DER-encoded UTF8String. The older ones are deprecated. */
const FIRST_ENCODED = 8;
const UTF8_STRING = 0x0c;

function extensionsOf({ identity }: ReturnType<Verifier["verify"]>): ReadonlyMap<number, string> {
  const extensions = new Map<number, string>();
  for (const { oid, value } of identity?.oids ?? []) {
    const id = oid?.id ?? [];
    const number = id.at(-1);
    if (number === undefined || number < FIRST_ENCODED || id.length !== FULCIO.length + 1) continue;
    if (!FULCIO.every((part, index) => id[index] === part)) continue;
    const text = ASN1Obj.parseBuffer(Buffer.from(value));
    if (text.tag.number === UTF8_STRING) extensions.set(number, new TextDecoder().decode(text.value));
  }
  return extensions;
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return cause instanceof Error ? `${message} (${cause.message})` : message;
};
