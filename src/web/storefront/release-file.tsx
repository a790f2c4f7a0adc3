import type { ManifestArtifact } from "../../domain/releases/manifest.ts";
import { CopyBlock, type FC, formatBytes } from "../page/kit.ts";
import { PLATFORM_WORDS } from "./worker-words.ts";

type Props = {
  file: ManifestArtifact;
  /** The path that files of its release are below. */
  folder: string;
  /** Whether anybody may have it: only then are there links. */
  isFree: boolean;
};

/** A file of a release, to unfold: its name, size, checksum and signatures. */
export const ReleaseFile: FC<Props> = ({ file, folder, isFree }) => {
  const { kind, platform, filename, size, sha256, signature, pgp_signature } = file;
  const path = `${folder}/${filename}`;
  const id = path.replaceAll(/[^\w-]/g, "-");
  return (
    <details class="file">
      <summary>
        {PLATFORM_WORDS[platform]}
        {kind === "package" ? ", pacman package" : ""} <span class="quiet">{formatBytes(size)}</span>
      </summary>
      <dl>
        <dt>File</dt>
        <dd>{isFree ? <a href={path}>{filename}</a> : <code>{filename}</code>}</dd>
        <dt>Size</dt>
        <dd>{size.toLocaleString("en")} bytes</dd>
        {isFree && signature !== null ? (
          <>
            <dt>minisign</dt>
            <dd>
              <a href={`${path}.minisig`}>{filename}.minisig</a>
            </dd>
          </>
        ) : null}
        {kind === "package" ? (
          <>
            <dt>OpenPGP</dt>
            <dd>
              <PgpSignature path={path} filename={filename} isThere={pgp_signature !== null} isFree={isFree} />
            </dd>
          </>
        ) : null}
      </dl>
      <p>SHA-256</p>
      <CopyBlock id={`sha256${id}`} what={`the SHA-256 checksum of ${filename}`}>
        {sha256}
      </CopyBlock>
      {isFree || signature === null ? null : (
        <>
          <p>
            Signature, for <code>minisign</code>
          </p>
          <CopyBlock id={`signature${id}`} what={`the signature of ${filename}`}>
            {signature.trim()}
          </CopyBlock>
        </>
      )}
    </details>
  );
};

type PgpProps = { path: string; filename: string; isThere: boolean; isFree: boolean };

/** pacman fetches it by itself, where there is one. */
const PgpSignature: FC<PgpProps> = ({ path, filename, isThere, isFree }) => {
  if (!isThere) return <>not signed</>;
  return isFree ? <a href={`${path}.sig`}>{filename}.sig</a> : <code>{filename}.sig</code>;
};
