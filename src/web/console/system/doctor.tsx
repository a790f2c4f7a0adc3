import type { Finding, Status } from "../../../domain/doctor/finding.ts";
import { examineAndStore, type StoredReport } from "../../../domain/doctor/report.ts";
import { IsolateCache } from "../../../lib/isolate.ts";
import { MINUTE } from "../../../lib/time.ts";
import { type Column, DataTable, type FC, ProseLine, StatusBadge, Time, type Tone } from "../../page/kit.ts";
import { consolePage, consoleView } from "../kit.ts";

const DOCTOR_PATH = "/admin/system/doctor";

const BADGES: Readonly<Record<Status, { tone: Tone; text: string }>> = {
  ok: { tone: "good", text: "Passes" },
  warning: { tone: "careful", text: "Warning" },
  failed: { tone: "bad", text: "Failed" },
  unknown: { tone: "careful", text: "Not known" },
};

const needsAct = ({ status }: Finding): boolean => status !== "ok";

/** The result of a report in words, without its time. */
function outcomeOf({ findings }: StoredReport): string {
  const open = findings.filter(needsAct).length;
  if (open === 0) return `Doctor: all ${findings.length} checks pass`;
  return `Doctor: ${open} of ${findings.length} checks ${open === 1 ? "needs" : "need"} you`;
}

/** The line on the system page: the outcome of the last report, which may be an hour old. Null: none is stored. */
export const DoctorLine: FC<{ report: StoredReport | null }> = ({ report }) =>
  report === null ? (
    <p>
      <a href={DOCTOR_PATH}>Run the doctor</a>: it has not run within a day. It runs each hour.
    </p>
  ) : (
    <p>
      <a href={DOCTOR_PATH}>{outcomeOf(report)}</a>{" "}
      <span class="quiet">
        (<Time at={report.at} clock />)
      </span>
    </p>
  );

const COLUMNS: readonly Column<Finding>[] = [
  { header: "Check", cell: ({ check, subject }) => (subject === null ? check : `${check}: ${subject}`) },
  { header: "State", cell: ({ status }) => <StatusBadge {...BADGES[status]} /> },
  { header: "Found", cell: ({ detail }) => detail },
];

/** How long a report is shown again, in seconds: each costs some forty requests to the stores and to Stripe. */
const FRESH = MINUTE;
const reports = new IsolateCache<StoredReport>(1);

/** The page of the doctor: every check inside the Worker, those that need the admin first, each with its remedy. */
export const doctorRead = consoleView(
  DOCTOR_PATH,
  {
    scope: "stats:read",
    summary: "Check everything that must be so for this deployment",
    description: "Runs the checks of `GET /v1/admin/doctor`, at most once a minute.",
    answers: { 200: "The page." },
  },
  async (c) => {
    const { config, now } = c.var;
    const asked = new URL(c.req.url).origin;
    const report = reports.get(asked, now) ?? (await examineAndStore({ env: c.env, config, now, asked }));
    reports.set(asked, report, report.at + FRESH);
    const open = report.findings.filter(needsAct);
    const passing = report.findings.filter((finding) => !needsAct(finding));
    return consolePage(c, {
      title: "Doctor",
      main: (
        <>
          <h1>{outcomeOf(report)}</h1>
          <p>
            Checked on <Time at={report.at} clock />. <code>rbee-catalog doctor</code> also looks from outside: at
            redirects, challenges and DNS records. <a href="/admin/system">Back to the system</a>
          </p>
          <DataTable
            caption="Checks that need you"
            columns={[...COLUMNS, { header: "Remedy", cell: ({ remedy }) => <ProseLine text={remedy ?? ""} /> }]}
            rows={open}
            empty="No check needs you."
          />
          <details>
            <summary>Checks that pass</summary>
            <DataTable caption="Checks that pass" quiet columns={COLUMNS} rows={passing} empty="No check passes." />
          </details>
        </>
      ),
    });
  },
);
