import * as z from "zod";
import { logFailure } from "../../lib/log.ts";
import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { type Config, configOf } from "../../platform/config/config.ts";
import { readMark } from "../../platform/storage/deployment.ts";
import { markStores } from "../../platform/storage/store-mark.ts";
import { examine } from "./examination.ts";
import { Finding } from "./finding.ts";
import { type DoctorScope, ownDeployment } from "./scope.ts";

/** The last report, as the console shows it. */
export const StoredReport = z.object({ at: z.number(), findings: z.array(Finding) });
export type StoredReport = z.output<typeof StoredReport>;

/** The key of the last report in KV. It is kept for a day. */
const KEY = "doctor";

/** The last stored report; null if there is none, or if KV fails, which is logged. */
export async function readReport(env: Pick<Env, "EDGE">): Promise<StoredReport | null> {
  try {
    return StoredReport.safeParse(await env.EDGE.get(KEY, "json")).data ?? null;
  } catch (error) {
    logFailure("doctor.unstored", error);
    return null;
  }
}

/** Runs every check and stores the report. Throws nothing: a failure of KV is logged. */
export async function examineAndStore(scope: DoctorScope): Promise<StoredReport> {
  const report = { at: scope.now, findings: await examine(scope) };
  // A report must not enter the edge copy of another deployment.
  if (report.findings.some(({ check, status }) => check === "ownership" && status === "failed")) return report;
  try {
    await scope.env.EDGE.put(KEY, JSON.stringify(report), { expirationTtl: DAY });
  } catch (error) {
    logFailure("doctor.unstored", error);
  }
  return report;
}

/**
 * The work of the job `doctor`: marks the stores as this deployment's once the ledger is, and stores a report. Throws the
 * errors of the stores.
 */
export async function runDoctor(env: Env, now: UnixSeconds, config: Config = configOf(env)): Promise<void> {
  if ((await readMark(env.DB)) !== null) await markStores(env, ownDeployment(config));
  await examineAndStore({ env, config, now, asked: null });
}
