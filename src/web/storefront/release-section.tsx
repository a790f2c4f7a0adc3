import type { ManifestRelease } from "../../domain/releases/manifest.ts";
import { type FC, Prose, StatusBadge, Time } from "../page/kit.ts";
import type { AvailableWorker } from "./available-workers.ts";
import { ReleaseFile } from "./release-file.tsx";

/** A page shows this many; the API lists all. */
const SHOWN = 10;

/** The versions of a worker with their notes and files. */
export const ReleaseSection: FC<{ available: AvailableWorker }> = ({ available: { worker, releases, latest } }) => (
  <section aria-labelledby="versions">
    <h2 id="versions">Versions</h2>
    {releases === null ? (
      <p class="empty">The list of versions cannot be shown just now. Please try again in a minute.</p>
    ) : null}
    {releases?.length === 0 ? (
      <p class="empty">
        {worker.tier === "free"
          ? "No binaries are published yet. Until then this worker is built from source."
          : "The first version is not published yet."}
      </p>
    ) : null}
    {releases?.slice(0, SHOWN).map((release) => (
      <Release
        workerId={worker.id}
        isFree={worker.tier === "free"}
        release={release}
        isLatest={release.id === latest?.id}
      />
    ))}
    {releases !== null && releases.length > SHOWN ? (
      <p>
        <a href={`/v1/workers/${worker.id}/versions?include_yanked=true`}>All {releases.length} versions</a>, as JSON
      </p>
    ) : null}
    {releases !== null && releases.length > 0 ? <Checking workerId={worker.id} /> : null}
  </section>
);

type ReleaseProps = { workerId: string; isFree: boolean; release: ManifestRelease; isLatest: boolean };

const Release: FC<ReleaseProps> = ({ workerId, isFree, release, isLatest }) => {
  const { version, channel, status, published_at, notes, provenance, artifacts } = release;
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
      {status === "blocked"
        ? null
        : artifacts.map((file) => (
            <ReleaseFile folder={`/v1/workers/${workerId}/${version}/files`} file={file} isFree={isFree} />
          ))}
      {status === "blocked" || provenance === null ? null : (
        <p class="quiet">
          How it was built, as the builder attests it:{" "}
          <a href={`/v1/workers/${workerId}/${version}/provenance`}>provenance of {version}</a>
        </p>
      )}
    </article>
  );
};

/** What a person needs to be sure of a file without trusting this page. */
const Checking: FC<{ workerId: string }> = ({ workerId }) => (
  <p class="quiet">
    To check a file, take our <a href="/keys/release-signing.pub">public key</a> and minisign, or{" "}
    <code>rbee-catalog verify</code>. The <a href={`/v1/workers/${workerId}/index.json`}>signed index</a> (
    <a href={`/v1/workers/${workerId}/index.json.minisig`}>its signature</a>) lists every version, file and checksum.
  </p>
);
