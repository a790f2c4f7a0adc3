import { encodeBase64 } from "../../src/lib/encoding.ts";

export type Subject = { name: string; digest: { sha256?: string; sha512?: string } };

const COMMIT = "2a1e0c5b7d3f4e6a8b9c0d1e2f3a4b5c6d7e8f90";
export const BUILDER = "https://github.com/rbee-keeper/rbee/.github/workflows/release.yml@refs/tags/v1.0.0";
export const SOURCE = { uri: "git+https://github.com/rbee-keeper/rbee@refs/tags/v1.0.0", revision: COMMIT };

const predicates = {
  "https://slsa.dev/provenance/v1": {
    buildDefinition: {
      buildType: "https://actions.github.io/buildtypes/workflow/v1",
      externalParameters: {},
      resolvedDependencies: [{ uri: SOURCE.uri, digest: { gitCommit: COMMIT } }],
    },
    runDetails: { builder: { id: BUILDER } },
  },
  "https://slsa.dev/provenance/v0.2": {
    builder: { id: BUILDER },
    buildType: "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
    invocation: { configSource: { uri: SOURCE.uri, digest: { sha1: COMMIT } } },
  },
};

export type PredicateType = keyof typeof predicates;
export const PREDICATE_TYPES = Object.keys(predicates) as PredicateType[];

/** An in-toto statement about files, as builders write it. */
export const statementOf = (subject: Subject[], predicateType: PredicateType = "https://slsa.dev/provenance/v1") => ({
  _type: "https://in-toto.io/Statement/v1",
  subject,
  predicateType,
  predicate: predicates[predicateType],
});

/** A DSSE envelope around any statement. Its signature is not valid, because the catalog does not check it. */
export const envelopeOf = (statement: unknown) => ({
  payloadType: "application/vnd.in-toto+json",
  payload: encodeBase64(new TextEncoder().encode(JSON.stringify(statement))),
  signatures: [{ keyid: "", sig: "MEUCIQDtest" }],
});

/** Provenance of files, as one DSSE envelope. */
export const provenanceOf = (...files: { filename: string; sha256: string }[]): string =>
  JSON.stringify(
    envelopeOf(statementOf(files.map(({ filename, sha256 }) => ({ name: filename, digest: { sha256 } })))),
  );
