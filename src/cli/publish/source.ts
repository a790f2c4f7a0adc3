import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as z from "zod";
import { COMMIT_ID, faultOfTag, type SignedSource, signSource } from "../../domain/releases/source/statement.ts";
import { idOfName } from "../../domain/workers/families.ts";
import type { MinisignSecretKey } from "../../lib/minisign/secret-key.ts";
import { printable } from "../../lib/printable.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT } from "../errors.ts";

/** The time that git may take to answer, in milliseconds. */
const GIT_TIMEOUT_MS = 60_000;

const WorkerAnswer = z.object({
  id: z.string(),
  build: z.looseObject({ flags: z.array(z.string()).optional() }),
  source: z.looseObject({ type: z.string(), url: z.string() }),
});

/** The answer for the id of a family, which has a worker for each backend. */
const FamilyAnswer = z.object({ id: z.string(), variants: z.array(z.looseObject({ id: z.string() })) });

/** A tag to sign, and the commit if the publisher knows it; else the repository is asked. */
export type WantedSource = { workerId: string; version: string; tag: string; commit?: string | undefined };

/**
 * Makes the signed source of a release: the tag's commit in the repository of the worker's recipe, signed by
 * `secretKey` for this worker and version. `note` tells the person what is signed. The same facts give the same
 * signature. Throws `CliError` if the worker is not built from git, the tag does not fit the version, or the repository
 * does not have it.
 */
export async function makeSignedSource(
  client: CatalogClient,
  secretKey: MinisignSecretKey,
  { workerId, version, tag, commit: known }: WantedSource,
  note: (text: string) => void,
): Promise<SignedSource> {
  const answer = await client.json(z.union([WorkerAnswer, FamilyAnswer]), { path: path`/v1/workers/${workerId}` });
  if ("variants" in answer) {
    const ids = answer.variants.map((variant) => printable(variant.id)).join(", ");
    throw new CliError(EXIT.usage, `${workerId} is a worker for each backend. Name one of ${ids}.`);
  }
  const { id, source, build } = answer;
  if (id !== idOfName(workerId)) {
    throw new CliError(EXIT.integrity, `The catalog answered for ${printable(id)} instead of ${workerId}.`);
  }
  if (source.type !== "git") {
    throw new CliError(EXIT.usage, `${id} is not built from source, so it takes no --source-tag.`);
  }
  // The catalog checks it too, but a key must sign nothing that it would not accept.
  const fault = faultOfTag(tag, version, { id, build });
  if (fault !== null) throw new CliError(EXIT.usage, fault);
  if (known !== undefined && !COMMIT_ID.test(known)) {
    throw new CliError(EXIT.usage, "--source-commit takes a whole commit id, as git rev-parse HEAD prints it.");
  }
  const repository = source.url;
  const commit = known ?? (await commitOfTag(repository, tag));
  note(`Signing the source of ${id} ${version}: ${printable(repository)}, tag ${tag}, commit ${commit}`);
  const signature = await signSource(secretKey, { worker: id, version, repository, tag, commit });
  return { repository, tag, commit, signature };
}

/**
 * Asks a repository for the commit of exactly this tag; of an annotated tag, the commit that it names. Throws
 * `CliError` if the repository cannot be asked or has no such tag.
 */
export async function commitOfTag(repository: string, tag: string): Promise<string> {
  // git has transports that run commands, and a text that starts with a hyphen is an option.
  if (!/^https:\/\/[^\s]+$/.test(repository)) {
    throw new CliError(
      EXIT.failure,
      `The catalog names ${printable(repository)} as the repository. Only https is asked.`,
    );
  }
  const name = `refs/tags/${tag}`;
  const lines = await listRefs(repository, [name, `${name}^{}`]);
  const found = new Map(lines.map((line) => [line.slice(line.indexOf("\t") + 1), line.slice(0, line.indexOf("\t"))]));
  // The second line of an annotated tag is the commit; the first is the tag's own object.
  const commit = found.get(`${name}^{}`) ?? found.get(name);
  if (commit === undefined) {
    throw new CliError(EXIT.notFound, `${repository} has no tag ${tag}. Push the tag first, or give --source-commit.`);
  }
  if (!COMMIT_ID.test(commit)) throw new CliError(EXIT.failure, `${repository} named no commit for the tag ${tag}.`);
  return commit;
}

/** The lines of `git ls-remote`: id, tab, reference. */
async function listRefs(repository: string, patterns: readonly string[]): Promise<string[]> {
  const args = ["ls-remote", "--", repository, ...patterns];
  const env = { ...process.env, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
  try {
    const { stdout } = await promisify(execFile)("git", args, { env, timeout: GIT_TIMEOUT_MS });
    return stdout.split("\n").filter((line) => line !== "");
  } catch (error) {
    const said = z.object({ code: z.unknown().optional(), stderr: z.string().optional() }).safeParse(error).data;
    if (said?.code === "ENOENT")
      throw new CliError(EXIT.failure, "git is not installed. Install it, or give --source-commit.");
    const reason = printable(said?.stderr?.trim() ?? "") || "git did not answer";
    throw new CliError(
      EXIT.unavailable,
      `${repository} cannot be asked for its tags: ${reason}. Try again, or give --source-commit.`,
      { cause: error },
    );
  }
}
