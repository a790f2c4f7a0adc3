import * as z from "zod";
import { newId } from "../../lib/id.ts";
import { logFailure } from "../../lib/log.ts";
import { masked } from "../../lib/masking/masked.ts";
import { currentTime, type UnixSeconds } from "../../lib/time.ts";
import { JobMessage } from "./job.ts";
import { endLease } from "./lease.ts";

/** The queues whose messages can become dead letters, by their names in wrangler.toml without the environment. */
export const LETTER_QUEUES = ["jobs", "downloads"] as const;
export type LetterQueue = (typeof LETTER_QUEUES)[number];

/** A message that no consumer could work off. */
export const DeadLetter = z.object({
  id: z.string(),
  queue: z.enum(LETTER_QUEUES),
  /** The job, the kind of a count, or `unknown`. */
  kind: z.string(),
  /** The thing that a job's run was about; empty if none. */
  subject: z.string(),
  /** The message as JSON. It holds no credential, but is masked before it is shown. */
  body: z.string(),
  reason: z.string(),
  count: z.int(),
  first_at: z.int(),
  last_at: z.int(),
});
export type DeadLetter = z.output<typeof DeadLetter>;

/** The longest part of a message that is shown, in characters. */
const SHOWN = 2000;

/** A dead letter's message as admins may see it: without credentials, and cut if it is long. */
export const shownBody = ({ body }: Pick<DeadLetter, "body">): string => masked(body).slice(0, SHOWN);

/** A letter to store. `reason` null: the last error of the job, else that all attempts failed. */
type NewLetter = { queue: LetterQueue; body: unknown; reason: string | null };

/** The maximum number of letters. A count beyond it is lost: a dead store must not fill the ledger. */
const CAPACITY = 10_000;

/** Stores a dead letter at `now`. A job's run that is dead already only counts again. Throws D1's errors. */
export async function storeDeadLetter(db: D1Database, letter: NewLetter, now: UnixSeconds): Promise<void> {
  await deadLetterWrite(db, letter, now).run();
}

/** The statement of `storeDeadLetter`. */
export function deadLetterWrite(
  db: D1Database,
  { queue, body, reason }: NewLetter,
  now: UnixSeconds,
): D1PreparedStatement {
  const { kind, subject } = nameOf(queue, body);
  return db
    .prepare(
      `INSERT INTO dead_letters (id, queue, kind, subject, body, reason, first_at, last_at)
       SELECT ?1, ?2, ?3, ?4, ?5,
         coalesce(?6, (SELECT last_error FROM jobs WHERE ?2 = 'jobs' AND name = ?3), 'every attempt failed'), ?7, ?7
       WHERE (SELECT count(*) FROM dead_letters) < ${CAPACITY}
       ON CONFLICT DO UPDATE SET body = excluded.body, reason = excluded.reason, count = count + 1, last_at = ?7`,
    )
    .bind(newId("dead"), queue, kind, subject, JSON.stringify(body) ?? "null", reason, now);
}

/** Stores the messages that a queue has given up, and ends the leases of their runs. Throws D1's errors. */
export async function buryMessages(
  db: D1Database,
  queue: LetterQueue,
  messages: readonly Pick<Message<unknown>, "body">[],
): Promise<void> {
  const now = currentTime();
  await db.batch(
    messages.flatMap(({ body }) => {
      const run = queue === "jobs" ? JobMessage.safeParse(body).data : undefined;
      return [deadLetterWrite(db, { queue, body, reason: null }, now), ...(run ? [endLease(db, run)] : [])];
    }),
  );
  for (const { body } of messages) logFailure("queue.dead", "Every attempt failed.", { queue, ...nameOf(queue, body) });
}

const Kind = z.object({ kind: z.enum(["use", "refusals", "downloads"]) });
const Download = z.object({ link_id: z.string() });

function nameOf(queue: LetterQueue, body: unknown): { kind: string; subject: string } {
  if (queue === "jobs") {
    const message = JobMessage.safeParse(body);
    return message.success
      ? { kind: message.data.job, subject: message.data.subject ?? "" }
      : { kind: "unknown", subject: "" };
  }
  const kind = Kind.safeParse(body).data?.kind ?? (Download.safeParse(body).success ? "download" : "unknown");
  return { kind, subject: "" };
}

/** The statement that drops the letter of a job's run, once a later run has succeeded. */
export const forgetJobLetter = (db: D1Database, { job, subject }: Pick<JobMessage, "job" | "subject">) =>
  db
    .prepare("DELETE FROM dead_letters WHERE queue = 'jobs' AND kind = ? AND kind <> 'unknown' AND subject = ?")
    .bind(job, subject ?? "");

/** The newest dead letters, at most `limit`. Throws D1's errors. */
export async function listDeadLetters(db: D1Database, limit: number): Promise<DeadLetter[]> {
  const { results } = await db
    .prepare("SELECT * FROM dead_letters ORDER BY last_at DESC, id DESC LIMIT ?")
    .bind(limit)
    .all();
  return results.map((row) => DeadLetter.parse(row));
}

/** The dead letter with this id, or null. Throws D1's errors. */
export async function readDeadLetter(db: D1Database, id: string): Promise<DeadLetter | null> {
  const row = await db.prepare("SELECT * FROM dead_letters WHERE id = ?").bind(id).first();
  return row === null ? null : DeadLetter.parse(row);
}
