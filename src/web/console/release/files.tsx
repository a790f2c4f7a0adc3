import { type Format, packageFormats } from "../../../domain/catalog/format.ts";
import { formatOfFile, type PackageFormat } from "../../../domain/releases/package-format.ts";
import type { Artifact, Release } from "../../../domain/releases/store.ts";
import { type Column, CopyBlock, DataTable, type FC, formatBytes, StatusBadge, Time } from "../../page/kit.ts";

const columnsOf = (formats: readonly PackageFormat[]): readonly Column<Artifact>[] => [
  { header: "File", cell: ({ filename }) => filename },
  { header: "Kind", cell: ({ filename }) => formatOfFile(formats, filename)?.rules.label ?? "Binary" },
  { header: "Platform", cell: ({ platform }) => platform },
  {
    header: "State",
    cell: ({ state }) =>
      state === "ready" ? (
        <StatusBadge tone="good">Checked</StatusBadge>
      ) : (
        <StatusBadge tone="careful">Not uploaded yet</StatusBadge>
      ),
  },
  { header: "Size", cell: ({ size }) => formatBytes(size), numeric: true },
  { header: "Signatures", cell: (file) => signersOf(file, formatOfFile(formats, file.filename)) },
];

/** The files of a release with their signatures, checksums and provenance. */
export const ReleaseFiles: FC<{ release: Release; formats: readonly Format[] }> = ({ release, formats }) => (
  <>
    <section>
      <h2>Files</h2>
      <DataTable
        caption="Files"
        quiet
        columns={columnsOf(packageFormats(formats))}
        rows={release.artifacts}
        empty="There are no files yet. Upload them with rbee-catalog release publish."
      />
      {release.artifacts.map(({ id, filename, sha256 }) => (
        <>
          <p class="quiet">SHA-256 of {filename}</p>
          <CopyBlock id={id} what={`the checksum of ${filename}`}>
            {sha256}
          </CopyBlock>
        </>
      ))}
    </section>
    <section>
      <h2>Provenance</h2>
      <Provenance release={release} />
    </section>
  </>
);

/** The signers of a file. A package manager may refuse a package without an OpenPGP signature. */
function signersOf({ signature, pgp_signature }: Artifact, format: PackageFormat | null): string {
  const signers = [signature === null ? null : "minisign", pgp_signature === null ? null : "OpenPGP"];
  const said = signers.filter((signer) => signer !== null).join(" and ");
  if (said === "") return "none";
  return format?.unsigned && pgp_signature === null ? `${said}; ${format.unsigned}` : said;
}

const Provenance: FC<{ release: Release }> = ({ release: { worker_id, version, status, provenance } }) => {
  if (provenance === null) {
    return <p class="empty">None is attached. Attach it with rbee-catalog release publish --provenance.</p>;
  }
  const text = `${formatBytes(provenance.size)} about ${provenance.subjects.map(({ name }) => name).join(", ")}`;
  return (
    <p>
      {status === "published" || status === "yanked" ? (
        <a href={`/v1/workers/${worker_id}/${version}/provenance`}>{text}</a>
      ) : (
        text
      )}
      , attached on <Time at={provenance.attached_at} clock />. The service does not check its signer.
    </p>
  );
};
