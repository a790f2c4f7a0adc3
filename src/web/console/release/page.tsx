import { packageFormats } from "../../../domain/catalog/format.ts";
import { readReleaseFor } from "../../../domain/releases/access.ts";
import type { CheckProgress } from "../../../domain/releases/artifact/check-record.ts";
import { readProgress } from "../../../domain/releases/artifact/check-store.ts";
import { namesInSignature } from "../../../domain/releases/artifact/signed-names.ts";
import { MOVE_SCOPES, RELEASE_ACTIONS } from "../../../domain/releases/decision.ts";
import { ReleaseParams } from "../../../domain/releases/fields.ts";
import { formatOfFile, type PackageFormat } from "../../../domain/releases/package-format.ts";
import type { Verification } from "../../../domain/releases/provenance/claims.ts";
import { requiresWords } from "../../../domain/releases/requires/requires.ts";
import type { Artifact, Release } from "../../../domain/releases/store.ts";
import { CopyBlock, counted, DataTable, formatBytes, formatCount, Prose, StatusBadge, Time } from "../../page/kit.ts";

import { type Names, readNames } from "../audit/names.ts";
import { ActorName, actorWords, auditPath, runWords } from "../audit/words.tsx";
import { Acts, consolePage, consoleView, DoneNotice, DoneQuery, may } from "../kit.ts";
import { actionsFrom, RELEASE_ACTS } from "./act.tsx";
import { RELEASE_WORDS, releasePath } from "./list.tsx";
import { REACH_DAYS, type ReleaseUse, readReleaseUse } from "./reach.ts";

const UNBLOCKED = "The block is lifted. The version is free for a new build.";

export const releaseRead = consoleView(
  "/admin/releases/{id}",
  {
    scope: "releases:read",
    params: ReleaseParams,
    query: DoneQuery,
    summary: "Show a release, its files and how much it is used",
    answers: { 200: "The release." },
    refusals: ["VERSION_NOT_FOUND"],
  },
  async (c, { id, done, edge }) => {
    const release = await readReleaseFor(c.env.DB, c.var.admin, id);
    const { worker_id, version, status, notes } = release;
    const action = RELEASE_ACTIONS.find((one) => one === done);
    const acts = [
      ...actionsFrom(status)
        .filter((name) => may(c, MOVE_SCOPES[name]))
        .map((name) => ({ name, link: RELEASE_ACTS[name].link, ends: name === "block" })),
      ...(status === "blocked" && may(c, "owner") ? [{ name: "unblock", link: "Lift the block", ends: false }] : []),
      ...(status === "draft" && may(c, "releases:write") ? [{ name: "delete", link: "Delete", ends: true }] : []),
    ];
    const names = await readNames(c, [release.published_by ?? ""]);
    return consolePage(c, {
      title: `${worker_id} ${version}`,
      main: (
        <>
          <DoneNotice text={done === "unblock" ? UNBLOCKED : action && RELEASE_ACTS[action].done} edge={edge} />
          <h1>
            {worker_id} {version}
          </h1>
          <p class="row">
            <StatusBadge {...RELEASE_WORDS[status]} />
            <Publication release={release} names={names} isLinked={may(c, "audit:read")} />
          </p>
          {acts.length > 0 ? <Acts path={releasePath(id)} acts={acts} /> : null}
          {notes === null ? null : (
            <section>
              <h2>Notes</h2>
              <Prose text={notes} />
            </section>
          )}
          <Files
            release={release}
            formats={packageFormats(c.var.service.formats)}
            checks={await readProgress(c.env.DB, release, c.var.now)}
          />
          <section>
            <h2>Provenance</h2>
            <Provenance release={release} />
          </section>
          <Downloads use={await readReleaseUse(c.env.STATISTICS, release, c.var.now)} />
          {may(c, "audit:read") ? (
            <p>
              <a href={auditPath({ subject: id })}>History</a>
            </p>
          ) : null}
        </>
      ),
    });
  },
);

type Props = { release: Release };

/** When, and by which actor it was published. `isLinked`: the actor leads to the audit trail. */
const Publication = ({ release, names, isLinked }: Props & { names: Names; isLinked: boolean }) => {
  const { published_at, published_by, published_run, channel, source_tag, source_commit } = release;
  return (
    <span>
      {published_at === null ? (
        "Not published yet."
      ) : (
        <>
          First published on <Time at={published_at} clock />
          {published_by === null ? null : (
            <> by {isLinked ? <ActorName actor={published_by} names={names} /> : actorWords(published_by, names)}</>
          )}
          {published_run === null ? "" : `, from ${runWords(published_run)}`}.
        </>
      )}{" "}
      Channel {channel}.{source_tag === null ? "" : ` ${sourceSentence(source_tag, source_commit)}`}
    </span>
  );
};

const sourceSentence = (tag: string, commit: string | null): string =>
  commit === null
    ? `Its source is the tag ${tag}, whose commit is not signed yet.`
    : `Free recipes build the tag ${tag}: commit ${commit}, signed by a release key.`;

type FilesProps = Props & { formats: readonly PackageFormat[]; checks: ReadonlyMap<string, CheckProgress> };

const Files = ({ release: { artifacts }, formats, checks }: FilesProps) => (
  <section>
    <h2>Files</h2>
    <DataTable
      caption="Files"
      quiet
      columns={[
        { header: "File", cell: ({ filename }) => filename },
        { header: "Kind", cell: (file) => kindInWords(file, formats) },
        { header: "Platform", cell: ({ platform }) => platform },
        {
          header: "Needs",
          cell: ({ kind, requires }) => (kind === "source" ? "Nothing" : requiresWords(requires) || "Not stated"),
        },
        { header: "State", cell: ({ id }) => <StatusBadge {...stateOf(checks.get(id))} /> },
        { header: "Size", cell: ({ size }) => formatBytes(size), numeric: true },
        { header: "Signatures", cell: (file) => signersOf(file, formatOfFile(formats, file.filename)) },
      ]}
      rows={artifacts}
      empty="There are no files yet. Upload them with rbee-catalog release publish."
    />
    {artifacts.map(({ id, filename, sha256 }) => (
      <>
        <p class="quiet">SHA-256 of {filename}</p>
        <CopyBlock id={id} what={`the checksum of ${filename}`}>
          {sha256}
        </CopyBlock>
      </>
    ))}
  </section>
);

const kindInWords = ({ kind, filename }: Artifact, formats: readonly PackageFormat[]): string =>
  kind === "source" ? "Source archive" : (formatOfFile(formats, filename)?.rules.label ?? "Binary");

/** The state of a file, by the progress of its check; undefined: its upload is not complete. */
function stateOf(check: CheckProgress | undefined) {
  const share = check && `${Math.floor((check.checked / check.size) * 100)}%`;
  switch (check?.state) {
    case "passed":
      return { tone: "good", text: "Checked" } as const;
    case "running":
      return { tone: "careful", text: `Being checked, ${share} done` } as const;
    case "stalled":
      return { tone: "bad", text: `The check stopped at ${share}` } as const;
    case "refused":
      return { tone: "bad", text: "Refused by the check" } as const;
    case undefined:
      return { tone: "careful", text: "Not uploaded yet" } as const;
  }
}

/** The signers of a file. A package manager may refuse a package without an OpenPGP signature. */
function signersOf({ signature, pgp_signature }: Artifact, format: PackageFormat | null): string {
  const names = signature === null ? null : namesInSignature(signature);
  // Such a signature would fit the same bytes in another release, too.
  const isBound = names?.has("worker") && names.has("version");
  const signers = [
    names && (isBound ? "minisign" : "minisign, which names no version"),
    pgp_signature === null ? null : "OpenPGP",
  ];
  const said = signers.filter((signer) => signer !== null).join(" and ");
  if (said === "") return "none";
  return format?.unsigned && pgp_signature === null ? `${said}; ${format.unsigned}` : said;
}

const Provenance = ({ release: { worker_id, version, status, provenance } }: Props) => {
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
      , attached on <Time at={provenance.attached_at} clock />. {signerInWords(provenance.verification)}
    </p>
  );
};

/** The proven signer of a provenance, or the reason why it is not verified. */
function signerInWords(verification: Verification | null): string {
  if (verification === null) return "Not verified: it was attached before the catalog verified provenance.";
  const { verified, reason, claims } = verification;
  if (!verified || claims === null) return `Not verified. ${reason ?? ""}`;
  const { repository, workflow, ref, commit, run, runner } = claims;
  return `Verified: built by ${workflow} of ${repository} for ${ref}, commit ${commit}, on a ${runner} runner (${run}).`;
}

const Downloads = ({ use }: { use: ReleaseUse | null }) => (
  <section>
    <h2>
      Downloads in {REACH_DAYS} days: {use === null ? "unknown" : formatCount(use.downloads)}
      {use === null || use.licenses === 0 ? "" : `, by ${counted(use.licenses, "license")}`}
    </h2>
    <DataTable
      caption="Downloads by platform"
      quiet
      columns={[
        { header: "Platform", cell: ({ platform }) => platform },
        { header: "Downloads", cell: ({ downloads }) => downloads, numeric: true },
      ]}
      rows={use?.platforms ?? []}
      empty={use === null ? "The statistics do not answer." : "There are no downloads."}
    />
  </section>
);
