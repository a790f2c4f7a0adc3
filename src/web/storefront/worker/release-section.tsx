import type { AvailableWorker } from "../../../domain/catalog/available-workers.ts";
import { type Format, packageFormats } from "../../../domain/catalog/format.ts";
import {
  type ReleaseFile as File,
  filesOf,
  type ManifestRelease,
  PLATFORM_WORDS,
} from "../../../domain/releases/manifest.ts";
import { formatOfFile, type PackageFormat } from "../../../domain/releases/package-format.ts";
import type { Verification } from "../../../domain/releases/provenance/claims.ts";
import { requiresWords } from "../../../domain/releases/requires/requires.ts";
import {
  CopyBlock,
  Disclosure,
  Facts,
  type FC,
  formatBytes,
  Prose,
  Section,
  StatusBadge,
  Time,
} from "../../page/kit.ts";

/** The number of versions on the page. The API lists all. */
const SHOWN = 10;

/** The number of those that need no click. */
const OPEN = 2;

type Props = { formats: readonly Format[]; available: AvailableWorker };

/** The versions of a worker with their notes and files; nothing if there is none yet. */
export const ReleaseSection: FC<Props> = ({ formats, available: { worker, releases, latest } }) => {
  if (releases?.length === 0) return null;
  const shown = (releases ?? []).slice(0, SHOWN);
  const List: FC<{ of: readonly ManifestRelease[] }> = ({ of }) => (
    <>
      {of.map((release) => (
        <Release
          formats={packageFormats(formats)}
          workerId={worker.id}
          isFree={worker.tier === "free"}
          release={release}
          isLatest={release.id === latest?.id}
        />
      ))}
    </>
  );
  // The newest stable version is always in sight, also below newer release candidates.
  const open = Math.max(OPEN, shown.findIndex(({ id }) => id === latest?.id) + 1);
  return (
    <Section title="Versions" id="versions" sided>
      <div>
        {releases === null ? <p class="empty">We can't show the versions right now. Try again in a minute.</p> : null}
        <List of={shown.slice(0, open)} />
        {shown.length > open ? (
          <Disclosure summary="Older versions">
            <List of={shown.slice(open)} />
          </Disclosure>
        ) : null}
        {releases !== null && releases.length > SHOWN ? (
          <p>
            <a href={`/v1/workers/${worker.id}/versions?include_yanked=true`}>All {releases.length} versions</a>, as
            JSON
          </p>
        ) : null}
      </div>
    </Section>
  );
};

type ReleaseProps = {
  formats: readonly PackageFormat[];
  workerId: string;
  isFree: boolean;
  release: ManifestRelease;
  isLatest: boolean;
};

const Release: FC<ReleaseProps> = ({ formats, workerId, isFree, release, isLatest }) => {
  const { version, channel, status, published_at, notes, provenance } = release;
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
      {status === "yanked" ? <p>No longer recommended. Pinned installs keep working.</p> : null}
      {status === "blocked" ? (
        <p>Withdrawn: it can no longer be downloaded. If you run this version, please update.</p>
      ) : null}
      {notes === null ? null : <Prose text={notes} />}
      {status === "blocked"
        ? null
        : filesOf(release).map((file) => (
            <ReleaseFile
              format={formatOfFile(formats, file.filename)}
              folder={`/v1/workers/${workerId}/${version}/files`}
              file={file}
              isFree={isFree}
            />
          ))}
      {status === "blocked" || provenance === null ? null : (
        <BuiltBy
          href={`/v1/workers/${workerId}/${version}/provenance`}
          version={version}
          verification={provenance.verification}
        />
      )}
    </article>
  );
};

type BuiltByProps = { href: string; version: string; verification: Verification | null };

/** How a release was built: by a proven run, or as its unverified provenance says. */
const BuiltBy: FC<BuiltByProps> = ({ href, version, verification }) => {
  const claims = verification?.verified ? verification.claims : null;
  if (claims === null) {
    return (
      <p class="quiet">
        Build attested by its builder, not verified: <a href={href}>provenance of {version}</a>
      </p>
    );
  }
  return (
    <p class="quiet">
      Verified build: by <code>{claims.workflow}</code> of <a href={claims.repository}>{nameOf(claims.repository)}</a>{" "}
      from commit <code>{claims.commit.slice(0, 12)}</code>, in <a href={claims.run}>this run</a>.{" "}
      <a href={href}>Provenance of {version}</a>
    </p>
  );
};

/** The name of a repository on GitHub, without the site. */
const nameOf = (repository: string): string => repository.replace(/^https:\/\/github\.com\//, "");

type FileProps = {
  /** The format of a package; null for a binary. */
  format: PackageFormat | null;
  file: File;
  /** The path of the folder with the release's files. */
  folder: string;
  /** Whether the worker is free. Only then the file has links. */
  isFree: boolean;
};

/** A file of a release as a fold: its name, size, checksum and signatures. */
const ReleaseFile: FC<FileProps> = ({ format, file, folder, isFree }) => {
  const { platform, filename, size, sha256, signature, pgp_signature, requires } = file;
  const needs = requiresWords(requires);
  const path = `${folder}/${filename}`;
  const link = (ending: string) => {
    const name = `${filename}${ending}`;
    return isFree ? <a href={`${path}${ending}`}>{name}</a> : <code>{name}</code>;
  };
  // The package manager downloads this signature by itself.
  const openPgp = pgp_signature === null ? "not signed" : link(".sig");
  const id = path.replaceAll(/[^\w-]/g, "-");
  return (
    <details class="file">
      <summary>
        {platform === "any" ? "Source archive" : PLATFORM_WORDS[platform]}
        {format ? `, ${format.rules.label}` : ""}
        {needs === "" ? "" : `, for ${needs}`} <span class="quiet">{formatBytes(size)}</span>
      </summary>
      <Facts
        facts={[
          ["File", link("")],
          ["Needs", needs || null],
          ["Size", `${size.toLocaleString("en")} bytes`],
          ["minisign", isFree && signature !== null ? link(".minisig") : null],
          ["OpenPGP", format?.unsigned ? openPgp : null],
        ]}
      />
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
