import { err, ok, type Result } from "../../../lib/result.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import type { Worker } from "../../workers/workers.ts";
import type { SignaturePolicy } from "../artifact/check.ts";
import type { Release } from "../store.ts";
import { COMMIT_ID, faultOfTag, type SignedSource, statementSum, verifySource } from "./statement.ts";

/** The columns of a release that say what its recipe builds. Without a commit, the other two are null as well. */
export type SourceColumns = {
  source_tag: string | null;
  source_repository: string | null;
  source_commit: string | null;
  source_signature: string | null;
};

/** A release without a source: a recipe builds the branch of the checked-in one. */
export const NO_SOURCE: SourceColumns = {
  source_tag: null,
  source_repository: null,
  source_commit: null,
  source_signature: null,
};

/** A source as a publisher sends it. The repository is the recipe's unless it is given. */
export type SentSource = Omit<SignedSource, "repository"> & { repository?: string | undefined };

type Built = Pick<Worker, "id" | "source" | "build">;

/**
 * Checks the source of a new or drafted release. Its tag must fit the version, its repository must be the recipe's, and
 * a release key must have signed its statement. A tag alone is accepted for a draft. VALIDATION_FAILED names the field.
 */
export async function readSource(
  worker: Built,
  version: string,
  sent: { source_tag?: string | null | undefined; source?: SentSource | null | undefined },
  { keys }: SignaturePolicy,
): Promise<Result<SourceColumns, Refusal>> {
  const { source_tag = null, source = null } = sent;
  const tag = source?.tag ?? source_tag;
  if (tag === null) return ok(NO_SOURCE);
  const path = source ? "source.tag" : "source_tag";
  if (worker.source.type !== "git") {
    return refuse(source ? "source" : "source_tag", "This field is only for a worker that is built from git.");
  }
  if (source_tag !== null && source_tag !== tag) return refuse("source_tag", `It differs from source.tag, ${tag}.`);
  const fault = faultOfTag(tag, version, worker);
  if (fault !== null) return refuse(path, fault);
  if (source === null) return ok({ ...NO_SOURCE, source_tag: tag });
  const { repository = worker.source.url, commit, signature } = source;
  if (repository !== worker.source.url) {
    return refuse("source.repository", `The recipe of ${worker.id} builds ${worker.source.url}.`);
  }
  if (!COMMIT_ID.test(commit))
    return refuse("source.commit", "It must be a whole commit id: 40 or 64 hexadecimal digits.");
  const verified = await verifySource(keys, { worker: worker.id, version, repository, tag, commit, signature });
  if (!verified.ok) return refuse("source.signature", verified.error);
  return ok({ source_tag: tag, source_repository: repository, source_commit: commit, source_signature: signature });
}

function refuse(path: string, message: string): Result<never, Refusal> {
  return err({ code: "VALIDATION_FAILED", detail: `${path}: ${message}`, extras: { errors: [{ path, message }] } });
}

/** The signed source of a release, or null if no commit is pinned. */
export function signedSourceOf(release: SourceColumns): SignedSource | null {
  const { source_tag, source_repository, source_commit, source_signature } = release;
  if (source_tag === null || source_repository === null || source_commit === null || source_signature === null) {
    return null;
  }
  return { repository: source_repository, tag: source_tag, commit: source_commit, signature: source_signature };
}

/** The sum of a release's source statement, as its files have sums; none if no commit is signed. */
export async function sumsOfSource(release: SourceColumns & Pick<Release, "worker_id" | "version">) {
  const source = signedSourceOf(release);
  const { worker_id: worker, version } = release;
  return source === null ? [] : [{ sha256: await statementSum({ worker, version, ...source }) }];
}

/**
 * The tag and commit that a recipe may build for a published release; null is the branch of the checked-in recipe. The
 * error says why the release must not reach a recipe: rows from before these rules may name anything. A tag without a
 * signed commit is usable only where unsigned releases are allowed.
 */
export function usableSource(
  worker: Built,
  release: { version: string; source_tag: string | null; source: SignedSource | null },
  { required }: Pick<SignaturePolicy, "required">,
): Result<{ tag: string; commit: string | null } | null, string> {
  const { version, source_tag, source } = release;
  const tag = source?.tag ?? source_tag;
  if (tag === null) return ok(null);
  const fault = faultOfTag(tag, version, worker);
  if (fault !== null) return err(fault);
  if (source && !COMMIT_ID.test(source.commit)) return err("It is not a commit id.");
  if (!source && required) return err("The commit of the tag is not signed.");
  return ok({ tag, commit: source?.commit ?? null });
}

/**
 * The sentence why a release must not be published with its source; null if it may. Where signatures are required, a
 * tag needs a signed commit. The statement is verified again, because the keys may have changed since the draft.
 */
export async function obstacleInSource(release: Release, { required, keys }: SignaturePolicy): Promise<string | null> {
  const { worker_id: worker, version, source_tag } = release;
  const source = signedSourceOf(release);
  if (source) {
    const verified = await verifySource(keys, { worker, version, ...source });
    return verified.ok ? null : verified.error;
  }
  if (!required || source_tag === null) return null;
  const advice = "Run `rbee-catalog release sign` with the release key.";
  return `No release key has signed the commit of the tag ${source_tag}. ${advice}`;
}
