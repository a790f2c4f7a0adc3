import { DAY, MINUTE } from "../../../lib/time.ts";
import { configOf } from "../../../platform/config/config.ts";
import { type Job, shortJob, startJob } from "../../../platform/jobs/job.ts";
import { onRequest } from "../../../platform/jobs/schedule.ts";
import { framerOf } from "../framing/framer.ts";
import { signaturePolicy } from "./check.ts";
import { CHECK_JOB, STALLED_AFTER } from "./check-record.ts";
import { runCheckStep } from "./check-run.ts";
import { listStalledChecks } from "./check-store.ts";

/** Checks a large file, step by step. Its position is in the ledger, so every run goes on where the last one ended. */
const checkFile: Job = {
  name: CHECK_JOB,
  isDue: onRequest,
  longestStep: STALLED_AFTER,
  async run({ env, subject, service: { formats } }) {
    if (subject === null) return null;
    const framer = framerOf(env, formats);
    const hasMore = await runCheckStep(env, subject, signaturePolicy(configOf(env)), { framer });
    return hasMore ? { position: "more" } : null;
  },
};

/** The number of checks that one run of the cron starts again. */
const RESUMED_AT_ONCE = 20;

/** How long the cron starts a stalled check again, in seconds. After that only a publisher does. */
const RESUMED_FOR = DAY;

/** Starts checks again that have lost their step: a crash, or a message that has become a dead letter. */
const resumeChecks = shortJob(
  "resume-checks",
  (at) => at % (5 * MINUTE) < MINUTE,
  async ({ env, now }) => {
    const stalled = { before: now - STALLED_AFTER, since: now - RESUMED_FOR, limit: RESUMED_AT_ONCE };
    for (const subject of await listStalledChecks(env.DB, stalled)) await startJob(env, CHECK_JOB, now, { subject });
  },
);

export const checkJobs: readonly Job[] = [checkFile, resumeChecks];
