import { formatMinisignSignature, parseMinisignSignature, showKeyId } from "../../../lib/minisign/minisign.ts";
import type { Seller } from "../../../platform/config/seller.ts";

/** A worker, with its license as an SPDX expression. */
export type DocumentedWorker = { id: string; license: string };

/** The facts of a release that its documents name. Null: its source is not pinned. */
export type DocumentedRelease = {
  version: string;
  source_repository: string | null;
  source_tag: string | null;
  source_commit: string | null;
};

/** The facts of a binary that its documents name. `signature`: the text of its `.minisig`, null if it has none yet. */
export type DocumentedFile = {
  platform: string;
  filename: string;
  size: number;
  sha256: string;
  signature: string | null;
};

/**
 * The text of LICENSE in a package of a premium worker. The seller's terms are the license; `origin` is the catalog's.
 */
export function premiumLicense(
  { id, license }: DocumentedWorker,
  { name, support, documents }: Seller,
  origin: string,
): string {
  const terms = documents.terms === null ? "its terms" : `its terms, ${origin}/terms`;
  return `${id}
${license}

${name === "" ? "Its publisher" : name} licenses this program to you under ${terms}. You may install and run it on the machines that your
license covers, while the license is valid. Do not pass on the program or your license key.

Get a license: ${origin}/plans
Ask us: ${support === "" ? origin : support}
`;
}

/**
 * The text of PROVENANCE in a package: the identity of the program, its signature and source as far as they are known,
 * and how to verify each. `origin` is the catalog's.
 */
export function provenanceDocument(
  { id }: Pick<DocumentedWorker, "id">,
  { version, source_repository, source_tag, source_commit }: DocumentedRelease,
  { platform, filename, size, sha256, signature }: DocumentedFile,
  origin: string,
): string {
  const files = `${origin}/v1/workers/${id}/${version}/files/${filename}`;
  // The publisher's own text may differ from the ledger's in its line ends, and both must give the same package.
  const parsed = signature === null ? null : parseMinisignSignature(signature);
  const minisig = parsed?.ok ? parsed.value : null;
  const facts: [name: string, value: string][] = [
    ["Worker", id],
    ["Version", version],
    ["Platform", platform],
    ["Program", `/usr/bin/${id}`],
    ["Published as", filename],
    ["Size", `${size} bytes`],
    ["SHA-256", sha256],
    ...known("Signing key", minisig && showKeyId(minisig.keyId)),
    ...known("Repository", source_repository),
    ...known("Tag", source_tag),
    ...known("Commit", source_commit),
  ];
  const signed =
    minisig === null
      ? `The publisher's minisign signature of the program: ${files}.minisig`
      : `The publisher's minisign signature of the program:

${formatMinisignSignature(minisig).trimEnd()}

To verify the installed program by it, with KEY the line below this key's id in ${origin}/keys/release-signing.pub:

  sed -n '/^untrusted comment:/,+3p' /usr/share/doc/${id}/PROVENANCE > program.minisig
  minisign -V -P KEY -x program.minisig -m /usr/bin/${id}`;
  return `${facts.map(([name, value]) => `${name}: ${value}`).join("\n")}

To compare the installed program with its SHA-256:

  echo "${sha256}  /usr/bin/${id}" | sha256sum -c

${signed}

The signed index of the worker lists this file: ${origin}/v1/workers/${id}/index.json
The provenance of the build, once its publisher has attached it: ${files}.intoto.jsonl
To verify who built the program: gh attestation verify --bundle ${filename}.intoto.jsonl /usr/bin/${id} --owner OWNER
`;
}

const known = (name: string, value: string | null): [name: string, value: string][] =>
  value === null ? [] : [[name, value]];
