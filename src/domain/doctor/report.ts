import * as z from "zod";
import { withDeadline } from "../../lib/deadline.ts";
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

/** How long the store of reports may take, in milliseconds. */
const PATIENCE_MS = 3_000;

/** The last stored report; null if there is none. Also null if KV fails, which the probe of each store logs. */
export async function readReport({ EDGE }: Pick<Env, "EDGE">): Promise<StoredReport | null> {
  const stored = await withDeadline(() => EDGE.get(KEY, "json"), PATIENCE_MS).catch(() => null);
  return StoredReport.safeParse(stored).data ?? null;
}

/** Runs every check and stores the report. Never throws: a failure of KV is a finding of the report. */
export async function examineAndStore(scope: DoctorScope): Promise<StoredReport> {
  const report = { at: scope.now, findings: await examine(scope) };
  // A report must not enter the edge copy of another deployment.
  if (report.findings.some(({ check, status }) => check === "ownership" && status === "failed")) return report;
  const put = () => scope.env.EDGE.put(KEY, JSON.stringify(report), { expirationTtl: DAY });
  await withDeadline(put, PATIENCE_MS).catch(() => undefined);
  return report;
}

/**
 * The work of the job `doctor`: marks the stores as this deployment's once the ledger is, and stores a report. Throws
 * the errors of the stores.
 */
export async function runDoctor(env: Env, now: UnixSeconds, config: Config = configOf(env)): Promise<void> {
  if ((await readMark(env.DB)) !== null) await markStores(env, ownDeployment(config));
  await examineAndStore({ env, config, now, asked: null });
}
