import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseProvenance, subjectsOf, unknownSubjects } from "../../../../src/domain/releases/provenance/statement.ts";
import {
  BUILDER,
  envelopeOf,
  PREDICATE_TYPES,
  SOURCE,
  type Subject,
  statementOf,
} from "../../../support/provenance-text.ts";

const SUM = "ab".repeat(32);
const FILE: Subject = { name: "worker-linux-x86_64", digest: { sha256: SUM } };

/** Where a text is at fault; none if it is provenance. */
function faultPaths(text: string): string[] {
  const parsed = parseProvenance(text);
  return parsed.ok ? [] : parsed.error.map(({ path }) => path);
}
const faultsIn = (envelope: unknown): string[] => faultPaths(JSON.stringify(envelope));

describe("provenance", () => {
  it.each(PREDICATE_TYPES)("of %s has the files, the source and the builder", (type) => {
    const parsed = parseProvenance(JSON.stringify(envelopeOf(statementOf([FILE], type))));
    expect(parsed).toEqual({
      ok: true,
      value: [{ subjects: [{ name: FILE.name, sha256: SUM }], builderId: BUILDER, source: SOURCE }],
    });
  });

  it("is parsed in every form that builders write", () => {
    const envelope = envelopeOf(statementOf([FILE]));
    const bundle = { mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json", dsseEnvelope: envelope };
    const urlSafe = { ...envelope, payload: envelope.payload.replaceAll("+", "-").replaceAll("/", "_") };
    for (const one of [envelope, bundle, urlSafe]) {
      expect([faultsIn(one), faultPaths(JSON.stringify(one, null, 2))]).toEqual([[], []]);
    }
    const lines = parseProvenance(`${JSON.stringify(envelope)}\n${JSON.stringify(bundle)}\n`);
    expect(lines.ok && lines.value.length).toBe(2);
    expect(lines.ok && subjectsOf(lines.value)).toEqual([{ name: FILE.name, sha256: SUM }]);
  });

  it("is refused with the place of the fault if it is invalid", () => {
    const statement = statementOf([FILE]);
    const envelope = envelopeOf(statement);
    const said = (more: object) => faultsIn(envelopeOf({ ...statement, ...more }));
    expect(faultPaths("")).toEqual(["attestations"]);
    expect(faultPaths("{")).toEqual(["attestations.0"]);
    expect(faultPaths(`${JSON.stringify(envelope)}\nnonsense`)).toEqual(["attestations.1"]);
    expect(faultsIn({ ...envelope, signatures: [] })).toEqual(["attestations.0.signatures"]);
    expect(faultsIn({ dsseEnvelope: { ...envelope, signatures: [] } })).toEqual(["attestations.0.signatures"]);
    expect(faultsIn({ ...envelope, payloadType: "text/plain" })).toEqual(["attestations.0.payloadType"]);
    expect(faultsIn({ ...envelope, payload: "%" })).toEqual(["attestations.0.payload"]);
    expect(said({ predicateType: "https://spdx.dev/Document" })).toEqual(["attestations.0.payload.predicateType"]);
    expect(said({ subject: [] })).toEqual(["attestations.0.payload.subject"]);
    expect(said({ subject: [FILE, { name: "x", digest: { sha512: SUM } }] })).toEqual([
      "attestations.0.payload.subject.1.digest.sha256",
    ]);
    expect(said({ predicate: {} })).toEqual([
      "attestations.0.payload.predicate.buildDefinition",
      "attestations.0.payload.predicate.runDetails",
    ]);
  });

  it("with many faults is refused early with a few of them", () => {
    const statement = statementOf([FILE]);
    const nonsense = (subject: unknown[]) => JSON.stringify(envelopeOf({ ...statement, subject }));
    for (const text of ["{}\n".repeat(300_000), nonsense(Array(300_000).fill(0)), nonsense(Array(5000).fill(0))]) {
      const faults = faultPaths(text).length;
      expect([faults > 0, faults <= 20]).toEqual([true, true]);
    }
  });

  it("keeps the names of any files", () => {
    const subjects = fc.array(
      fc.record({
        name: fc.string({ minLength: 1, unit: "grapheme" }),
        sha256: fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 64, maxLength: 64 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(subjects, fc.constantFrom(...PREDICATE_TYPES), (files, type) => {
        const subject = files.map(({ name, sha256 }) => ({ name, digest: { sha256 } }));
        const parsed = parseProvenance(JSON.stringify(envelopeOf(statementOf(subject, type))));
        expect(parsed.ok && parsed.value[0]?.subjects).toEqual(files);
      }),
    );
  });

  it("never makes the parser throw", () => {
    const envelopes = fc
      .json()
      .map((payload) => JSON.stringify({ ...envelopeOf(null), payload: btoa(encodeURI(payload)) }));
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), envelopes), (text) => !parseProvenance(text).ok));
  });
});

describe("the attested files", () => {
  it("must be files of the release, by name and hash", () => {
    const artifacts = [{ filename: FILE.name, sha256: SUM }];
    const [right, renamed, altered] = [
      { name: FILE.name, sha256: SUM },
      { name: "other", sha256: SUM },
      { name: FILE.name, sha256: "cd".repeat(32) },
    ];
    expect(unknownSubjects([right, renamed, altered], artifacts)).toEqual([renamed, altered]);
    expect(unknownSubjects(Array(5000).fill(altered), artifacts)).toHaveLength(20);
  });
});
