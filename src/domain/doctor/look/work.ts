import { readJobs } from "../../../platform/jobs/job-store.ts";
import { readBacklog } from "../../figures/backlog.ts";
import { checkBacklog, checkCron, checkDeadLetters, checkDelivery, checkJobs } from "../check/work.ts";
import type { Examination } from "../scope.ts";

/** The checks of the cron, its jobs and the waiting work. */
export const WORK_EXAMINATIONS: readonly Examination[] = [
  {
    checks: ["cron", "backlog", "dead-letters", "job", "queue"],
    async look({ env, now }) {
      const [backlog, { jobs }] = await Promise.all([readBacklog(env.DB), readJobs(env.DB, now)]);
      return [
        checkCron(backlog.cron_at, now),
        ...checkBacklog(backlog, now),
        checkDeadLetters(backlog.dead_letters),
        ...checkJobs(jobs, now),
        checkDelivery(jobs, backlog.cron_at),
      ];
    },
  },
];
