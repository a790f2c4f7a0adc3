import type { FC } from "hono/jsx";
import type { Worker } from "../catalog/workers.ts";
import { CopyBlock } from "../page/copy-block.tsx";
import { Prose } from "../page/prose.tsx";
import { formatBytes } from "../page/quantity.ts";
import { StatusBadge } from "../page/status-badge.tsx";
import { Time } from "../page/time.tsx";
import type { ManifestArtifact, ManifestRelease } from "../releases/manifest.ts";
import { PLATFORM_WORDS } from "./worker-words.ts";

/** A page shows this many; the API lists all. */
const SHOWN = 10;

type Props = {
  worker: Worker;
  /** Newest first; null while they cannot be told. */
  releases: readonly ManifestRelease[] | null;
  /** The version that is installed unless another is asked for, if there is one. */
  latest: string | null;
};

/** The versions of a worker with their notes and files. */
export const ReleaseSection: FC<Props> = ({ worker, releases, latest }) => (
  <section aria-labelledby="versions">
    <h2 id="versions">Versions</h2>
    {releases === null ? (
      <p class="empty">The list of versions cannot be shown just now. Please try again in a minute.</p>
    ) : null}
    {releases?.length === 0 ? (
      <p class="empty">
        {worker.tier === "free"
          ? "No binaries are published yet. Build this worker from source with makepkg, an AUR helper or Homebrew."
          : "The first version is not published yet."}
      </p>
    ) : null}
    {releases?.slice(0, SHOWN).map((release) => (
      <Release worker={worker} release={release} isLatest={release.version === latest} />
    ))}
    {releases !== null && releases.length > SHOWN ? (
      <p>
        <a href={`/v1/workers/${worker.id}/versions?include_yanked=true`}>All {releases.length} versions</a>, as JSON
      </p>
    ) : null}
  </section>
);

const Release: FC<{ worker: Worker; release: ManifestRelease; isLatest: boolean }> = ({
  worker,
  release,
  isLatest,
}) => {
  const { version, channel, status, published_at, notes, artifacts } = release;
  return (
    <article>
      <div class="row">
        <h3>{version}</h3>
        {isLatest ? <StatusBadge tone="good">Latest</StatusBadge> : null}
        {channel === "stable" ? null : <StatusBadge>{channel}</StatusBadge>}
        {status === "yanked" ? <StatusBadge tone="careful">Yanked</StatusBadge> : null}
        {status === "blocked" ? <StatusBadge tone="bad">Withdrawn</StatusBadge> : null}
        <span class="quiet">
          <Time at={published_at} />
        </span>
      </div>
      {status === "yanked" ? <p>No longer recommended. Installations that name this version go on working.</p> : null}
      {status === "blocked" ? (
        <p>Withdrawn, and no longer downloadable. If you run this version, please update.</p>
      ) : null}
      {notes === null ? null : <Prose text={notes} />}
      {status === "blocked" ? null : artifacts.map((file) => <File worker={worker} version={version} file={file} />)}
    </article>
  );
};

const File: FC<{ worker: Worker; version: string; file: ManifestArtifact }> = ({ worker, version, file }) => {
  const { platform, filename, size, sha256, signature } = file;
  const path = `/v1/workers/${worker.id}/${version}/files/${filename}`;
  const free = worker.tier === "free";
  const id = `${version}-${platform}`.replaceAll(/[^\w-]/g, "-");
  return (
    <details class="file">
      <summary>
        {PLATFORM_WORDS[platform]} <span class="quiet">{formatBytes(size)}</span>
      </summary>
      <dl>
        <dt>File</dt>
        <dd>{free ? <a href={path}>{filename}</a> : <code>{filename}</code>}</dd>
        <dt>Size</dt>
        <dd>{size.toLocaleString("en")} bytes</dd>
        {free && signature !== null ? (
          <>
            <dt>Signature</dt>
            <dd>
              <a href={`${path}.minisig`}>{filename}.minisig</a>
            </dd>
          </>
        ) : null}
      </dl>
      <p>SHA-256</p>
      <CopyBlock id={`sha256-${id}`} what="the SHA-256 checksum">
        {sha256}
      </CopyBlock>
      {free || signature === null ? null : (
        <>
          <p>
            Signature, for <code>minisign</code>
          </p>
          <CopyBlock id={`signature-${id}`} what="the signature">
            {signature.trim()}
          </CopyBlock>
        </>
      )}
    </details>
  );
};
