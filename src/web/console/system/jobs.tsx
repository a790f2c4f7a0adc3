import { BACKUP_MARK } from "../../../domain/backup/finish.ts";
import { type DeadLetter, shownBody } from "../../../platform/jobs/dead-letter-store.ts";
import type { JobRecord, RunningJob } from "../../../platform/jobs/job-store.ts";
import { CRON_MARK, JOBS_MARK } from "../../../platform/storage/watermark.ts";
import { counted, DataTable, Facts, type FC, Field, PostForm, StatusBadge, Time } from "../../page/kit.ts";
import { type ConsoleContext, may } from "../kit.ts";
import { QueueSection } from "./queues.tsx";

/** Names of watermarks. A mark without a name here is shown by its key. */
const MARKS: Readonly<Record<string, string>> = {
  [CRON_MARK]: "Last run of the cron",
  [BACKUP_MARK]: "Last backup of the ledger",
  [JOBS_MARK]: "Last start of the jobs that were due",
  "stripe-events": "Last check for missed Stripe events",
  subscriptions: "Last check of subscriptions",
};

type Props = {
  jobs: readonly JobRecord[];
  running: readonly RunningJob[];
  marks: readonly { name: string; at: number }[];
};

/** The cron, the last run of each job, and the runs under way. */
export const JobSection: FC<Props> = ({ jobs, running, marks }) => (
  <section aria-labelledby="jobs">
    <h2 id="jobs">Recurring work</h2>
    <Facts class="facts" facts={marks.map(({ name, at }) => [MARKS[name] ?? name, <Time at={at} clock />])} />
    {marks.length === 0 ? <p class="empty">The cron has not run yet.</p> : null}
    <DataTable
      quiet
      caption="Jobs"
      columns={[
        { header: "Job", cell: ({ name }) => name },
        {
          header: "Last success",
          cell: ({ finished_at }) => (finished_at === null ? "none yet" : <Time at={finished_at} clock />),
        },
        { header: "Took", cell: ({ duration_ms }) => (duration_ms === null ? "" : `${duration_ms} ms`), numeric: true },
        {
          header: "State",
          cell: ({ failures, last_error }) =>
            failures === 0 ? (
              <StatusBadge tone="good" text="Works" />
            ) : (
              [<StatusBadge tone="bad" text={`Failed ${counted(failures, "time")}`} />, ` ${last_error ?? ""}`]
            ),
        },
      ]}
      rows={jobs}
      empty="No job has run yet."
    />
    {running.length === 0 ? null : (
      <p>
        Under way:{" "}
        {running.map(({ name, step, started_at }, n) => [
          n === 0 ? "" : ", ",
          <code>{name}</code>,
          ` (step ${step + 1}, since `,
          <Time at={started_at} clock />,
          ")",
        ])}
      </p>
    )}
  </section>
);

/** Messages that every attempt failed for, with buttons for owners. */
export const DeadLetterSection: FC<{ c: ConsoleContext; letters: readonly DeadLetter[] }> = ({ c, letters }) => (
  <QueueSection
    id="dead-letters"
    title="Dead letters"
    about="Messages of the queues that failed at every attempt. A later success of the same job removes its letter."
    caption="Messages that failed at every attempt"
    columns={[
      {
        header: "Message",
        cell: ({ kind, subject }) => [kind, subject === "" ? "" : <code class="quiet"> {subject}</code>],
      },
      { header: "Since", cell: ({ first_at }) => <Time at={first_at} clock /> },
      { header: "Times", cell: ({ count }) => count, numeric: true },
      {
        header: "Reason",
        cell: (letter) => [
          letter.reason,
          <details>
            <summary>The message</summary>
            <code>{shownBody(letter)}</code>
          </details>,
        ],
      },
      { header: "", cell: ({ id }) => (may(c, "owner") ? <LetterForm c={c} id={id} /> : null) },
    ]}
    rows={letters}
    empty="No dead letter."
  />
);

const LetterForm: FC<{ c: ConsoleContext; id: string }> = ({ c, id }) => (
  <details>
    <summary>
      Act<span class="unseen"> on {id}</span>
    </summary>
    <PostForm action={`/admin/system/dead-letters/${id}`} csrf={c.var.session.csrfToken}>
      <Field name="reason" id={`reason-${id}`} label="Reason" maxlength={500} required />
      <button type="submit" name="act" value="retry" class="secondary">
        Send again
      </button>{" "}
      <button type="submit" name="act" value="dismiss" class="danger">
        Dismiss
      </button>
    </PostForm>
  </details>
);
