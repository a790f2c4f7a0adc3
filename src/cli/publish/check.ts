import * as z from "zod";
import { type CatalogClient, retryDelay } from "../catalog-client.ts";
import { CliError, EXIT, ProblemError } from "../errors.ts";
import { startLoggedProgress } from "../output.ts";
import { ProblemBody } from "../problem.ts";
import type { ReleaseFile } from "./release-file.ts";

/** A small file is checked before the answer. Node's fetch gives up after this time whatever is asked of it. */
const COMPLETE_TIMEOUT_MS = 5 * 60_000;

/** The longest pause between two looks at a check, in milliseconds, unless the catalog asks for a longer one. */
const LONGEST_PAUSE_MS = 10_000;

/** The progress of a check. */
const CheckAnswer = z.looseObject({
  check: z
    .looseObject({
      state: z.string(),
      checked: z.number(),
      problem: ProblemBody.extend({ status: z.number() }).nullable(),
    })
    .nullish(),
});

/** The request that completes an upload. The signature may be new or different since the file was declared. */
const completion = (path: string, { signature, pgpSignature, unsigned }: ReleaseFile) =>
  ({
    method: "POST",
    path: `${path}/complete`,
    repeatable: true,
    // An older catalog does not know `unsigned`, and would refuse the file.
    body: { signature, pgp_signature: pgpSignature, ...(unsigned && { unsigned }) },
    timeoutMs: COMPLETE_TIMEOUT_MS,
  }) as const;

/**
 * Asks the catalog whether it takes the signature of a file, before the upload: it refuses a signature before it misses
 * the parts. Throws `ProblemError` with the refusal of the signature, so that nobody uploads gigabytes to be refused.
 */
export async function requireAcceptedSignature(client: CatalogClient, path: string, file: ReleaseFile): Promise<void> {
  try {
    await client.exchange(CheckAnswer, completion(path, file));
  } catch (error) {
    const faults = error instanceof ProblemError ? error.problem?.errors : undefined;
    if (!faults || faults.length === 0 || faults.some((fault) => fault.path !== "parts")) throw error;
  }
}

/**
 * Has the catalog check an uploaded file, and returns when the file is ready. The catalog checks a large file in its
 * own time: this follows the progress, and asks again if the check has stalled. `path` is the artifact's. Throws
 * `ProblemError` with the refusal of the file.
 */
export async function completeUpload(client: CatalogClient, path: string, file: ReleaseFile): Promise<void> {
  const complete = () => client.exchange(CheckAnswer, completion(path, file));
  const first = await complete();
  // A catalog from before large files were checked in steps tells nothing of a check, and has ended it.
  if (first.answer.check === undefined || first.answer.check?.state === "passed") return;
  const progress = startLoggedProgress(`Checking ${file.filename}`, file.size);
  try {
    let check = unrefused(first.answer.check);
    let { retryAfter } = first;
    for (let looks = 1, waited = 0; check.state !== "passed"; looks++) {
      progress.update(check.checked);
      const pause = pauseBefore(looks, retryAfter);
      waited += pause;
      if (waited > PATIENCE_MS) throw noProgress(file);
      await client.sleep(pause);
      const next = check.state === "stalled" ? await complete() : await client.exchange(CheckAnswer, { path });
      const before = check.checked;
      check = unrefused(next.answer.check);
      ({ retryAfter } = next);
      if (check.checked > before) looks = waited = 0;
    }
    progress.update(file.size);
  } finally {
    progress.finish();
  }
}

type Check = NonNullable<z.output<typeof CheckAnswer>["check"]>;

/**
 * The check, unless it is refused: throws the refusal of the file, and `CliError` if it is not under check any more.
 */
function unrefused(check: Check | null | undefined): Check {
  if (!check)
    throw new CliError(EXIT.failure, "Another request has begun this upload again. Run the same command again.");
  if (check.state === "refused" && check.problem) throw new ProblemError(check.problem.status, check.problem);
  return check;
}

/** The pauses without progress after which the command gives up, in milliseconds. */
const PATIENCE_MS = 15 * 60_000;

const noProgress = ({ filename }: ReleaseFile): CliError =>
  new CliError(
    EXIT.unavailable,
    `The catalog has not got on with checking ${filename} for 15 minutes. Run the same command again later: nothing is sent twice.`,
  );

/** Milliseconds to wait before the next look: growing, and never shorter than the catalog asks for. */
const pauseBefore = (looks: number, retryAfter: string | null): number =>
  Math.max(
    Math.min(retryDelay(looks, null), LONGEST_PAUSE_MS),
    retryAfter === null ? 0 : retryDelay(looks, retryAfter),
  );
