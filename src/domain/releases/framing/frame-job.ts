import type { Job } from "../../../platform/jobs/job.ts";
import { isHourly } from "../../../platform/jobs/schedule.ts";
import { frameMissing } from "./backfill.ts";
import { framerOf } from "./framer.ts";

/**
 * Makes the packages that ready binaries lack: those from before a format existed, those whose making failed, and those
 * whose signing key has left the keyring.
 */
export const frameJob: Job = {
  name: "frame-files",
  isDue: isHourly,
  async run({ env, service: { formats }, hasTime }, position) {
    const next = await frameMissing(env, framerOf(env, formats), position, { hasTime });
    return next === null ? null : { position: next };
  },
};
