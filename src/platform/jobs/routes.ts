import { toRfc3339 } from "../../lib/time.ts";
import { operation, z } from "../http/route.ts";
import { Timestamp } from "../http/schemas.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../identity/authentication.ts";
import { LETTER_QUEUES, listDeadLetters, shownBody } from "./dead-letter-store.ts";
import { actOnDeadLetter, LETTER_ACTS, type LetterAct } from "./dead-letters.ts";
import { readJobs } from "./job-store.ts";

const JobView = z
  .object({
    name: z.string().openapi({ example: "forget-old-rows" }),
    started_at: Timestamp,
    finished_at: Timestamp.nullable().openapi({ description: "The end of the last run that succeeded." }),
    duration_ms: z.int().nullable().openapi({ description: "The work of that run, in milliseconds.", example: 84 }),
    failed_at: Timestamp.nullable(),
    last_error: z.string().nullable().openapi({ example: null }),
    failures: z.int().openapi({ description: "Failed attempts since the last success.", example: 0 }),
  })
  .openapi("Job");

const RunView = z
  .object({
    name: z.string().openapi({ description: "The job, and its subject if it has one.", example: "republish" }),
    started_at: Timestamp,
    step: z.int().openapi({ description: "The number of steps that are done.", example: 12 }),
    position: z.string().nullable().openapi({ description: "Where the current step began.", example: null }),
  })
  .openapi("JobRun");

const DeadLetterView = z
  .object({
    id: z.string().openapi({ example: "dead_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    queue: z.enum(LETTER_QUEUES),
    kind: z.string().openapi({ description: "The job, the kind of a count, or `unknown`.", example: "mails" }),
    subject: z.string().openapi({ description: "The thing that the job is about; empty if none.", example: "" }),
    body: z.string().openapi({ description: "The message, with credentials masked.", example: '{"job":"mails"}' }),
    reason: z.string().openapi({ description: "The last error.", example: "D1_ERROR: out of memory" }),
    count: z.int().openapi({ description: "How often it happened.", example: 1 }),
    first_at: Timestamp,
    last_at: Timestamp,
  })
  .openapi("DeadLetter");

/** The jobs of the cron, and the messages that no consumer could work off. */
export const jobRoutes = createAdminRouter();

jobRoutes.openapi(
  operation("get", "/v1/admin/jobs", {
    tag: "Admin: operations",
    summary: "See how the jobs fared",
    description: "The last run of each job, its last failure, and the runs under way.",
    access: admin("stats:read"),
    answers: { 200: ["The jobs.", z.object({ jobs: z.array(JobView), running: z.array(RunView) })] },
    refusals: [],
  }),
  async (c) => {
    const { jobs, running } = await readJobs(c.env.DB, c.var.now);
    return c.json(
      {
        jobs: jobs.map((job) => ({
          ...job,
          started_at: toRfc3339(job.started_at),
          finished_at: toRfc3339(job.finished_at),
          failed_at: toRfc3339(job.failed_at),
        })),
        running: running.map((run) => ({ ...run, started_at: toRfc3339(run.started_at) })),
      },
      200,
    );
  },
);

jobRoutes.openapi(
  operation("get", "/v1/admin/dead-letters", {
    tag: "Admin: operations",
    summary: "List the messages that could not be worked off",
    description: "Every attempt at them failed. A later success of the same job removes its letter.",
    access: admin("stats:read"),
    answers: { 200: ["Up to 200, newest first.", z.object({ dead_letters: z.array(DeadLetterView) })] },
    refusals: [],
  }),
  async (c) => {
    const letters = await listDeadLetters(c.env.DB, 200);
    const shown = letters.map((letter) => ({
      ...letter,
      body: shownBody(letter),
      first_at: toRfc3339(letter.first_at),
      last_at: toRfc3339(letter.last_at),
    }));
    return c.json({ dead_letters: shown }, 200);
  },
);

const WORDS: Record<LetterAct, { summary: string; description: string }> = {
  retry: {
    summary: "Send a dead letter again",
    description: "Sends the message to its queue again. A job continues from its position.",
  },
  dismiss: { summary: "Drop a dead letter", description: "Its work is not done: a count is lost, or a run ends here." },
};

for (const act of LETTER_ACTS) {
  jobRoutes.openapi(
    operation("post", `/v1/admin/dead-letters/{id}/${act}`, {
      tag: "Admin: operations",
      ...WORDS[act],
      access: admin("owner"),
      params: z.object({
        id: z.string().openapi({ description: "The letter.", example: "dead_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
      }),
      body: z.object({ reason: Reason.openapi({ example: "the store is back" }) }).openapi("DeadLetterAct"),
      answers: { 204: ["Done."] },
      refusals: ["NOT_FOUND"],
    }),
    async (c) => {
      await actOnDeadLetter(c.env, adminActor(c), c.req.valid("param").id, act, c.req.valid("json").reason);
      return c.body(null, 204);
    },
  );
}
