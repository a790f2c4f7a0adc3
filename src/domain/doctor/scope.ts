import { HOUR, type UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import type { Deployment } from "../../platform/config/deployment.ts";
import type { CheckName } from "./checks.ts";
import type { Finding } from "./finding.ts";

/** The surroundings of an examination. `asked`: the origin that the request came to; null in a job. */
export type DoctorScope = { env: Env; config: Config; now: UnixSeconds; asked: string | null };

/** A group of checks that one reading of facts answers. `look` may fail: `checks` are then unknown. */
export type Examination = {
  checks: readonly [CheckName, ...CheckName[]];
  look(scope: DoctorScope): Promise<readonly Finding[]>;
};

/** This deployment, as it marks its stores. */
export const ownDeployment = ({ DEPLOYMENT, PUBLIC_URL, LIVEMODE }: Config): Deployment => ({
  name: DEPLOYMENT,
  public_url: PUBLIC_URL,
  livemode: LIVEMODE,
});

/** Whether the job that runs the doctor is due: hourly, apart from the jobs of the full hour. */
export const isDoctorTime = (at: UnixSeconds): boolean => Math.floor((at % HOUR) / 60) === 17;
