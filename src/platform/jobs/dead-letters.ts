import { Problem } from "../http/problem.ts";
import { type Actor, newChange, recordAct } from "../storage/ledger.ts";
import { type DeadLetter, readDeadLetter } from "./dead-letter-store.ts";
import { firstMessage, JobMessage } from "./job.ts";

/** What an admin can do with a dead letter: send its message again, or drop it. */
export const LETTER_ACTS = ["retry", "dismiss"] as const;
export type LetterAct = (typeof LETTER_ACTS)[number];

/**
 * Sends the message of a dead letter again, or drops it, and notes the act and its reason in the audit trail. A job
 * continues from its position, in a new run. Sending comes first: if the ledger fails then, the letter stays, and the
 * message may be worked off twice. Throws NOT_FOUND, and the errors of D1 and the queue.
 */
export async function actOnDeadLetter(
  env: Pick<Env, "DB" | "JOBS" | "DOWNLOADS">,
  admin: Actor,
  id: string,
  act: LetterAct,
  reason: string,
): Promise<void> {
  const letter = await readDeadLetter(env.DB, id);
  if (!letter)
    throw new Problem({ code: "NOT_FOUND", detail: "There is no such dead letter. It may be settled already." });
  if (act === "retry") await sendAgain(env, letter);
  const { queue, kind, subject, count } = letter;
  const details = { queue, kind, count, ...(subject === "" ? {} : { subject }) };
  await recordAct(env.DB, newChange(admin, { action: `dead-letter.${act}`, subject: id, reason, details }), [
    env.DB.prepare("DELETE FROM dead_letters WHERE id = ?").bind(id),
  ]);
}

async function sendAgain(env: Pick<Env, "JOBS" | "DOWNLOADS">, { queue, body }: DeadLetter): Promise<void> {
  const message: unknown = JSON.parse(body);
  if (queue === "downloads") return void (await env.DOWNLOADS.send(message));
  const run = JobMessage.safeParse(message).data;
  await env.JOBS.send(run ? firstMessage(run.job, run.scheduled_at, run) : message);
}
