import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from "@sigstore/mock";
import { HashAlgorithm, PublicKeyDetails, TrustedRoot } from "@sigstore/protobuf-specs";
import * as z from "zod";

/**
 * The claims of GitHub's certificates, by Fulcio's extension numbers:
 * https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md.
 */
const EXTENSIONS = {
  issuer: 8,
  signer: 9,
  runner: 11,
  repository: 12,
  commit: 13,
  ref: 14,
  repository_id: 15,
  owner_id: 17,
  config: 18,
  trigger: 20,
  run: 21,
} as const;

export type TestIdentity = Record<keyof typeof EXTENSIONS, string>;

const REPOSITORY = "https://github.com/rbee-keeper/rbee";
const WORKFLOW = `${REPOSITORY}/.github/workflows/release.yml@refs/tags/v1.0.0`;

/** A run of the release workflow for a tag. The ids are made up. */
export const IDENTITY: TestIdentity = {
  issuer: "https://token.actions.githubusercontent.com",
  signer: WORKFLOW,
  runner: "github-hosted",
  repository: REPOSITORY,
  commit: "2a1e0c5b7d3f4e6a8b9c0d1e2f3a4b5c6d7e8f90",
  ref: "refs/tags/v1.0.0",
  repository_id: "1001",
  owner_id: "2002",
  config: WORKFLOW,
  trigger: "push",
  run: `${REPOSITORY}/actions/runs/123456/attempts/1`,
};

/** A Sigstore bundle as JSON, with the parts that tests alter. */
export type TestBundle = {
  mediaType: string;
  verificationMaterial: {
    certificate: { rawBytes: string };
    tlogEntries: Record<string, unknown>[];
    timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
  dsseEnvelope: { payloadType: string; payload: string; signatures: { sig: string }[] };
};

/** A Sigstore instance of its own: its trusted root as JSON, and a signer. */
export type TestInstance = {
  root: object;
  sign: (statement: object, identity?: Partial<TestIdentity>) => Promise<TestBundle>;
};

/** An entry as Rekor answers it. */
const LogEntry = z.object({
  body: z.string(),
  integratedTime: z.number(),
  logID: z.string(),
  logIndex: z.number(),
  verification: z.object({
    signedEntryTimestamp: z.string(),
    inclusionProof: z.object({
      checkpoint: z.string(),
      logIndex: z.number(),
      rootHash: z.string(),
      treeSize: z.number(),
    }),
  }),
});

/** The URL in the mock's checkpoints. */
const LOG_URL = "https://rekor.sigstore.test";
const SHA256 = "2.16.840.1.101.3.4.2.1";
const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/**
 * A whole second, some minutes ahead. Authorities sign at whole seconds, and the mock's own certificates begin when
 * they are made, which on a busy machine is seconds after this call.
 */
export const soon = (): Date => new Date((Math.floor(Date.now() / 1000) + 300) * 1000);

/**
 * Makes an instance with `@sigstore/mock`, the authorities that Sigstore's own tests use. `public`: with logs, as the
 * public-good instance. `private`: with a timestamp authority alone, as GitHub's for private repositories. It issues
 * certificates for ten minutes from `clock`, and signs at `signedAt`. By default both are soon.
 */
export async function makeInstance(
  kind: "public" | "private",
  clock: Date = soon(),
  signedAt: Date = clock,
): Promise<TestInstance> {
  const pair = (namedCurve = "prime256v1") => generateKeyPairSync("ec", { namedCurve });
  const ctlog = kind === "public" ? await initializeCTLog(pair(), clock) : undefined;
  const ca = await initializeCA(pair("secp384r1"), ctlog, clock);
  const tlog = await initializeTLog(LOG_URL, pair(), signedAt);
  const tsa = await initializeTSA(pair(), signedAt);
  const validFor = { start: new Date(0) };
  const log = (publicKey: Buffer, keyId: Buffer) => ({
    baseUrl: LOG_URL,
    logId: { keyId },
    hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: { rawBytes: publicKey, keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256, validFor },
    checkpointKeyId: undefined,
    operator: "test",
  });
  const authority = (...certificates: ArrayBufferView<ArrayBuffer>[]) => ({
    subject: { organization: "test", commonName: "test" },
    uri: "https://authority.sigstore.test",
    certChain: { certificates: certificates.map((rawBytes) => ({ rawBytes: bufferOf(rawBytes) })) },
    validFor,
    operator: "test",
  });
  const root = TrustedRoot.toJSON({
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    certificateAuthorities: [authority(ca.rootCertificate)],
    ctlogs: ctlog ? [log(ctlog.publicKey, bufferOf(ctlog.logID))] : [],
    tlogs: kind === "public" ? [log(tlog.publicKey, createHash("sha256").update(tlog.publicKey).digest())] : [],
    timestampAuthorities: kind === "private" ? [authority(tsa.intCertificate, tsa.rootCertificate)] : [],
  });
  if (typeof root !== "object" || root === null) throw new Error("a trusted root is an object");

  return {
    root,
    async sign(statement, identity = {}) {
      const named = { ...IDENTITY, ...identity };
      const key = pair();
      const certificate = bufferOf(
        await ca.issueCertificate({
          publicKey: new Uint8Array(key.publicKey.export({ format: "der", type: "spki" })),
          subjectAltName: named.signer,
          extensions: Object.entries(EXTENSIONS).flatMap(([name, number]) => {
            const value = Object.entries(named).find(([claim]) => claim === name)?.[1] ?? "";
            return value === "" ? [] : [{ oid: `1.3.6.1.4.1.57264.1.${number}`, value }];
          }),
        }),
      );
      const payload = Buffer.from(JSON.stringify(statement));
      // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
      const signed = Buffer.concat([
        Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `),
        payload,
      ]);
      const sig = sign("sha256", signed, createPrivateKey(key.privateKey.export({ format: "pem", type: "pkcs8" })));
      const timestamps =
        kind === "private"
          ? [
              await tsa.timestamp({
                artifactHash: createHash("sha256").update(sig).digest(),
                hashAlgorithmOID: SHA256,
                nonce: 1,
                policyOID: "1.3.6.1.4.1.57264.2",
              }),
            ]
          : [];
      return {
        mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
        verificationMaterial: {
          certificate: { rawBytes: certificate.toString("base64") },
          tlogEntries: kind === "public" ? [await logged(payload, sig, certificate)] : [],
          timestampVerificationData: {
            rfc3161Timestamps: timestamps.map((bytes) => ({ signedTimestamp: bufferOf(bytes).toString("base64") })),
          },
        },
        dsseEnvelope: {
          payloadType: PAYLOAD_TYPE,
          payload: payload.toString("base64"),
          signatures: [{ sig: sig.toString("base64") }],
        },
      };
    },
  };

  /** The entry in the log, as Rekor answers it and the signer writes it into the bundle. */
  async function logged(payload: Buffer, sig: Buffer, certificate: Buffer): Promise<Record<string, unknown>> {
    const answer = await tlog.log({
      kind: "dsse",
      apiVersion: "0.0.1",
      spec: {
        payloadHash: { algorithm: "sha256", value: createHash("sha256").update(payload).digest("hex") },
        signatures: [{ signature: sig.toString("base64"), verifier: certificate.toString("base64") }],
      },
    });
    const entry = LogEntry.parse(Object.values(answer)[0]);
    const { inclusionProof: proof, signedEntryTimestamp } = entry.verification;
    return {
      logIndex: String(entry.logIndex),
      logId: { keyId: Buffer.from(entry.logID, "hex").toString("base64") },
      kindVersion: { kind: "dsse", version: "0.0.1" },
      integratedTime: String(entry.integratedTime),
      inclusionPromise: { signedEntryTimestamp },
      inclusionProof: {
        logIndex: String(proof.logIndex),
        rootHash: Buffer.from(proof.rootHash, "hex").toString("base64"),
        treeSize: String(proof.treeSize),
        hashes: [],
        checkpoint: { envelope: proof.checkpoint },
      },
      canonicalizedBody: entry.body,
    };
  }
}

const bufferOf = (bytes: ArrayBufferView<ArrayBuffer>): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
