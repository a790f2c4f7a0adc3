import * as z from "zod";
import { decodeBase64Url } from "../../../lib/encoding.ts";
import { printable } from "../../../lib/printable.ts";
import { err, ok, type Result } from "../../../lib/result.ts";

/** One fault of a provenance: its place, and a sentence for a person. */
export type ProvenanceFault = { path: string; message: string };

/** A file that provenance attests. */
export type ProvenanceSubject = { name: string; sha256: string };

/** The statements of one attestation. `source`: the sources of the build, with their revision if given. */
export type Attestation = {
  subjects: ProvenanceSubject[];
  builderId: string;
  source: { uri: string; revision: string | null } | null;
};

/** Far more than builders write. Longer lists are refused before their members are checked. */
const MAX_LENGTH = 10_000;

/** The maximum number of faults in an answer. A person corrects a few at a time. */
const MAX_FAULTS = 20;

const bounded = <List extends z.ZodArray>(list: List) => z.array(z.unknown()).max(MAX_LENGTH).pipe(list);

/** DSSE v1, as in-toto uses it. The client verifies the signatures, because it knows the builder. */
const Envelope = z.object({
  payloadType: z.literal("application/vnd.in-toto+json"),
  payload: z.string(),
  signatures: bounded(z.array(z.object({ sig: z.string().min(1) })).min(1)),
});

/** A Sigstore bundle contains its envelope. */
const Bundle = z.looseObject({ dsseEnvelope: z.unknown() });

const Resource = z.object({ uri: z.string().optional(), digest: z.record(z.string(), z.string()).optional() });

const statement = {
  _type: z.enum(["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]),
  subject: bounded(
    z
      .array(
        z.object({
          name: z.string().min(1),
          digest: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits") }),
        }),
      )
      .min(1),
  ),
};

const builder = z.object({ id: z.string().min(1) });

const Statement = z.discriminatedUnion("predicateType", [
  z.object({
    ...statement,
    predicateType: z.literal("https://slsa.dev/provenance/v1"),
    predicate: z.object({
      buildDefinition: z.object({ buildType: z.string(), resolvedDependencies: bounded(z.array(Resource)).optional() }),
      runDetails: z.object({ builder }),
    }),
  }),
  z.object({
    ...statement,
    predicateType: z.literal("https://slsa.dev/provenance/v0.2"),
    predicate: z.object({
      builder,
      buildType: z.string(),
      invocation: z.object({ configSource: Resource.optional() }).optional(),
      materials: bounded(z.array(Resource)).optional(),
    }),
  }),
]);

/**
 * Parses SLSA provenance (v1 or v0.2) as builders write it: one DSSE envelope or Sigstore bundle as JSON, or an in-toto
 * bundle (`.intoto.jsonl`) with one on each line. It does not verify signatures. The errors are the first faults of the
 * first attestation that has any. Attestations are counted from 0.
 */
export function parseProvenance(text: string): Result<Attestation[], ProvenanceFault[]> {
  const attestations: Attestation[] = [];
  for (const [index, line] of documentsOf(text).entries()) {
    const attestation = parseAttestation(line, `attestations.${index}`);
    if (!attestation.ok) return attestation;
    attestations.push(attestation.value);
  }
  return attestations.length > 0 ? ok(attestations) : err([{ path: "attestations", message: "There is none." }]);
}

/** The first attested files that a release does not have under that name with that hash. */
export const unknownSubjects = (
  subjects: readonly ProvenanceSubject[],
  artifacts: readonly { filename: string; sha256: string }[],
): ProvenanceSubject[] =>
  subjects
    .filter(({ name, sha256 }) => !artifacts.some((file) => file.filename === name && file.sha256 === sha256))
    .slice(0, MAX_FAULTS);

/** The attested files, each once. */
export const subjectsOf = (attestations: readonly Attestation[]): ProvenanceSubject[] => [
  ...new Map(
    attestations.flatMap(({ subjects }) => subjects).map((subject) => [`${subject.sha256} ${subject.name}`, subject]),
  ).values(),
];

/** The documents of one JSON text, which may have line breaks, or of JSON Lines. */
export const documentsOf = (text: string): string[] =>
  parseJson(text).ok ? [text] : text.split("\n").filter((line) => line.trim() !== "");

function parseAttestation(text: string, path: string): Result<Attestation, ProvenanceFault[]> {
  const json = parseJson(text);
  if (!json.ok) return err([{ path, message: json.error }]);
  const envelope = Envelope.safeParse(envelopeIn(json.value));
  if (!envelope.success) return err(faultsOf(envelope.error, path));
  const payload = parsePayload(envelope.data.payload);
  if (!payload.ok) return err([{ path: `${path}.payload`, message: payload.error }]);
  const parsed = Statement.safeParse(payload.value);
  return parsed.success ? ok(attestationOf(parsed.data)) : err(faultsOf(parsed.error, `${path}.payload`));
}

function attestationOf(said: z.output<typeof Statement>): Attestation {
  const subjects = said.subject.map(({ name, digest: { sha256 } }) => ({ name, sha256 }));
  if (said.predicateType === "https://slsa.dev/provenance/v1") {
    const { buildDefinition, runDetails } = said.predicate;
    return {
      subjects,
      builderId: printable(runDetails.builder.id),
      source: sourceOf(buildDefinition.resolvedDependencies?.[0]),
    };
  }
  const { builder: by, invocation, materials } = said.predicate;
  return { subjects, builderId: printable(by.id), source: sourceOf(invocation?.configSource ?? materials?.[0]) };
}

function sourceOf(resource: z.output<typeof Resource> | undefined): Attestation["source"] {
  if (resource?.uri === undefined) return null;
  const { gitCommit, sha1 } = resource.digest ?? {};
  return { uri: resource.uri, revision: gitCommit ?? sha1 ?? null };
}

const envelopeIn = (document: unknown): unknown => {
  const bundle = Bundle.safeParse(document);
  return bundle.success ? bundle.data.dsseEnvelope : document;
};

/** The bytes of the statement that `parseProvenance` reads in a document; null if it reads none. */
export function payloadOf(document: unknown): Uint8Array | null {
  const envelope = Envelope.safeParse(envelopeIn(document));
  if (!envelope.success) return null;
  try {
    return decodeBase64Url(envelope.data.payload);
  } catch {
    return null;
  }
}

/** DSSE allows both alphabets of base64 for the payload. */
function parsePayload(payload: string): Result<unknown, string> {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decodeBase64Url(payload)));
  } catch {
    return err("is not base64 of UTF-8 text");
  }
}

function parseJson(text: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(text));
  } catch {
    return err("is not JSON");
  }
}

const faultsOf = ({ issues }: z.ZodError, path: string): ProvenanceFault[] =>
  issues
    .slice(0, MAX_FAULTS)
    .map((issue) => ({ path: [path, ...issue.path.map(String)].join("."), message: issue.message }));
