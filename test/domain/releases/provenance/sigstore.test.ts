import { describe, expect, it } from "vitest";
import roots from "../../../../keys/sigstore-trusted-roots.jsonl";
import { provenSigner } from "../../../../src/domain/releases/provenance/signer.ts";
import {
  readTrustedRoots,
  type TrustedInstances,
  verifyBundle,
} from "../../../../src/domain/releases/provenance/sigstore.ts";
import { IDENTITY, makeInstance, soon, type TestBundle } from "../../../support/node/sigstore-instance.ts";
import { statementOf } from "../../../support/provenance-text.ts";

const STATEMENT = statementOf([{ name: "worker-linux-x86_64", digest: { sha256: "ab".repeat(32) } }]);
const trusted = (...instances: { root: object }[]): TrustedInstances =>
  readTrustedRoots(instances.map(({ root }) => `${JSON.stringify(root)}\n`).join(""));

const [ofPublic, ofPrivate, ofOther] = await Promise.all([
  makeInstance("public"),
  makeInstance("private"),
  makeInstance("public"),
]);
const inPublic = await ofPublic.sign(STATEMENT);
const inPrivate = await ofPrivate.sign(STATEMENT);
const BOTH = trusted(ofPublic, ofPrivate);

/** The reason against a bundle, altered or not; null if it is verified. */
function reasonAgainst(bundle: TestBundle, alter: (bundle: TestBundle) => void = () => {}, instances = BOTH) {
  const altered = structuredClone(bundle);
  alter(altered);
  const verified = verifyBundle(instances, altered);
  return verified.ok ? null : verified.error;
}

/** Turns one bit in the middle of base64. */
function damage(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return bytes.toString("base64");
}

const entryOf = (bundle: TestBundle) => {
  const [entry] = bundle.verificationMaterial.tlogEntries;
  if (!entry) throw new Error("the bundle has an entry");
  return entry;
};

describe("a Sigstore bundle", () => {
  it.each([
    ["with logs", inPublic],
    ["with a timestamp authority alone", inPrivate],
  ])("of a trusted instance %s is verified, and names the run of its certificate", (_, bundle) => {
    const verified = verifyBundle(BOTH, bundle);
    const { repository, repository_id, owner_id, signer, ref, commit, run, runner, trigger } = IDENTITY;
    const named = { repository, repository_id, owner_id, signer, ref, commit, run, runner, trigger };
    expect(verified.ok && verified.value.claims).toEqual({ ...named, workflow: ".github/workflows/release.yml" });
    expect(verified.ok && JSON.parse(new TextDecoder().decode(verified.value.payload))).toEqual(STATEMENT);
  });

  it("of another instance is refused, whatever it names", () => {
    for (const instances of [trusted(ofOther), trusted(ofPrivate), readTrustedRoots(roots), []]) {
      expect(reasonAgainst(inPublic, () => {}, instances)).toContain("No trusted Sigstore instance");
    }
    expect(reasonAgainst(inPrivate, () => {}, trusted(ofPublic))).toContain("timestamp could not be verified");
  });

  it("is refused if one byte of it is another", async () => {
    const strange = await ofOther.sign(STATEMENT);
    const again = await ofPublic.sign(STATEMENT);
    const alterations: [string, TestBundle, (bundle: TestBundle) => void][] = [
      [
        "payload",
        inPublic,
        ({ dsseEnvelope }) => Object.assign(dsseEnvelope, { payload: damage(dsseEnvelope.payload) }),
      ],
      [
        "payload",
        inPrivate,
        ({ dsseEnvelope }) => Object.assign(dsseEnvelope, { payload: damage(dsseEnvelope.payload) }),
      ],
      ["type of payload", inPublic, ({ dsseEnvelope }) => Object.assign(dsseEnvelope, { payloadType: "text/plain" })],
      [
        "signature",
        inPublic,
        ({ dsseEnvelope }) => Object.assign(dsseEnvelope, { signatures: strange.dsseEnvelope.signatures }),
      ],
      [
        "signature of another run",
        inPublic,
        ({ dsseEnvelope }) => Object.assign(dsseEnvelope, { signatures: again.dsseEnvelope.signatures }),
      ],
      [
        "certificate",
        inPublic,
        (bundle) =>
          Object.assign(bundle.verificationMaterial.certificate, {
            rawBytes: damage(inPublic.verificationMaterial.certificate.rawBytes),
          }),
      ],
      [
        "certificate of another instance",
        inPublic,
        (bundle) =>
          Object.assign(bundle.verificationMaterial, { certificate: strange.verificationMaterial.certificate }),
      ],
      [
        "certificate of another run",
        inPublic,
        (bundle) => Object.assign(bundle.verificationMaterial, { certificate: again.verificationMaterial.certificate }),
      ],
      [
        "log entry of another run",
        inPublic,
        (bundle) => Object.assign(bundle.verificationMaterial, { tlogEntries: again.verificationMaterial.tlogEntries }),
      ],
      [
        "time in the log",
        inPublic,
        (bundle) =>
          Object.assign(entryOf(bundle), { integratedTime: String(Number(entryOf(bundle)["integratedTime"]) + 60) }),
      ],
      ["index in the log", inPublic, (bundle) => Object.assign(entryOf(bundle), { logIndex: "1" })],
      [
        "promise of the log",
        inPublic,
        (bundle) => Object.assign(entryOf(bundle), { inclusionPromise: entryOf(strange)["inclusionPromise"] }),
      ],
      [
        "proof of the log",
        inPublic,
        (bundle) => Object.assign(entryOf(bundle), { inclusionProof: entryOf(again)["inclusionProof"] }),
      ],
      [
        "timestamp",
        inPrivate,
        (bundle) =>
          Object.assign(bundle.verificationMaterial, {
            timestampVerificationData: {
              rfc3161Timestamps: inPrivate.verificationMaterial.timestampVerificationData.rfc3161Timestamps.map(
                ({ signedTimestamp }) => ({ signedTimestamp: damage(signedTimestamp) }),
              ),
            },
          }),
      ],
    ];
    for (const [name, bundle, alter] of alterations) expect(reasonAgainst(bundle, alter), name).not.toBeNull();
  });

  it("is refused without an entry in a log, or without a time", () => {
    const none = { tlogEntries: [] };
    expect(reasonAgainst(inPublic, (bundle) => Object.assign(bundle.verificationMaterial, none))).not.toBeNull();
    // A timestamp of GitHub's authority does not stand in for the log of the public instance.
    expect(
      reasonAgainst(inPublic, (bundle) =>
        Object.assign(bundle.verificationMaterial, {
          ...inPrivate.verificationMaterial,
          certificate: bundle.verificationMaterial.certificate,
        }),
      ),
    ).not.toBeNull();
    const noTime = { timestampVerificationData: { rfc3161Timestamps: [] } };
    expect(reasonAgainst(inPrivate, (bundle) => Object.assign(bundle.verificationMaterial, noTime))).toContain(
      "timestamp",
    );
    expect(
      reasonAgainst(inPublic, (bundle) => Object.assign(entryOf(bundle), { inclusionPromise: undefined })),
    ).toContain("timestamp");
  });

  it("is refused if it was signed after its certificate had ended", async () => {
    const issued = soon();
    for (const kind of ["public", "private"] as const) {
      const later = (minutes: number) => new Date(issued.getTime() + minutes * 60_000);
      const inTime = await makeInstance(kind, issued, later(9));
      expect(reasonAgainst(await inTime.sign(STATEMENT), () => {}, trusted(inTime))).toBeNull();
      const late = await makeInstance(kind, issued, later(11));
      expect(reasonAgainst(await late.sign(STATEMENT), () => {}, trusted(late))).toContain("certificate");
    }
  });

  it("of another issuer than GitHub's is refused, and so is one that lacks a claim", async () => {
    const said = async (identity: Partial<typeof IDENTITY>) => reasonAgainst(await ofPublic.sign(STATEMENT, identity));
    expect(await said({ issuer: "https://accounts.google.com" })).toContain("https://accounts.google.com");
    expect(await said({ issuer: "https://token.actions.githubusercontent.com/rbee" })).toContain(
      "not of GitHub Actions",
    );
    expect(await said({ repository_id: "" })).toContain("repository id");
    expect(
      await said({ config: "https://github.com/rbee-keeper/rbee2/.github/workflows/release.yml@refs/heads/main" }),
    ).toContain("another repository");
  });

  it("is refused in words if it is no bundle of an attestation", () => {
    for (const text of ["{}", "[]", "null", '{"verificationMaterial":{}}', JSON.stringify(inPublic.dsseEnvelope)]) {
      expect(verifyBundle(BOTH, JSON.parse(text)), text).toMatchObject({ ok: false });
    }
  });
});

describe("the signer of a provenance", () => {
  const signerOf = (text: string) => provenSigner(text, (document) => verifyBundle(BOTH, document));

  it("is the run that signed each of its bundles", async () => {
    const text = `${JSON.stringify(inPublic)}\n${JSON.stringify(inPrivate)}\n`;
    expect(signerOf(text)).toMatchObject({ ok: true, value: { run: IDENTITY.run } });
    const other = await ofPublic.sign(STATEMENT, {
      run: "https://github.com/rbee-keeper/rbee/actions/runs/7/attempts/1",
    });
    expect(signerOf(`${text}${JSON.stringify(other)}`)).toMatchObject({
      ok: false,
      error: expect.stringContaining("different runs"),
    });
    expect(signerOf(`${text}${JSON.stringify(inPublic.dsseEnvelope)}`)).toMatchObject({ ok: false });
    expect(signerOf(JSON.stringify(inPublic.dsseEnvelope))).toMatchObject({
      ok: false,
      error: expect.stringContaining("unknown"),
    });
    expect(signerOf("")).toMatchObject({ ok: false });
  });

  it("is not proven for a payload that is read in two ways", () => {
    const altered = structuredClone(inPublic);
    // protobuf's reader ignores characters that are not of base64.
    altered.dsseEnvelope.payload = altered.dsseEnvelope.payload.replace(/^/, "!!!!");
    expect(signerOf(JSON.stringify(altered))).toMatchObject({ ok: false });
  });

  it("is proven for at most fifty bundles", () => {
    const text = Array.from({ length: 51 }, () => JSON.stringify(inPublic)).join("\n");
    expect(signerOf(text)).toMatchObject({ ok: false, error: expect.stringContaining("50") });
  });
});

describe("keys/sigstore-trusted-roots.jsonl", () => {
  it("has the root of the public-good instance as the pinned @sigstore/tuf ships it", async () => {
    const { default: seeds } = await import("@sigstore/tuf/seeds.json");
    const shipped = seeds["https://tuf-repo-cdn.sigstore.dev"].targets["trusted_root.json"];
    const [first = ""] = roots.split("\n");
    expect(JSON.parse(first)).toEqual(JSON.parse(Buffer.from(shipped, "base64").toString("utf8")));
    expect(readTrustedRoots(roots).length).toBeGreaterThan(0);
  });
});
