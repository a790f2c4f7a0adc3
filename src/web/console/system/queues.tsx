import { mayRetryMail, type UnsentMail } from "../../../domain/mail/backlog.ts";
import type { StoredEvent } from "../../../domain/purchase/events/store.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { counted, DataTable, type FC, formatCount, PostForm, StatusBadge, Time } from "../../page/kit.ts";
import { type ConsoleContext, may } from "../frame.tsx";
import { licensePath } from "../license/words.tsx";
import type { SystemData } from "./data.ts";

/** Stripe events that are not processed or need a person. */
export const EventSection: FC<{ c: ConsoleContext; events: readonly StoredEvent[] }> = ({ c, events }) => (
  <section class="queue" aria-labelledby="events">
    <h2 id="events">Payment events</h2>
    <p>
      Unprocessed events are retried each minute. Events that need a person, such as an unknown price, are retried every
      six hours.
    </p>
    <DataTable
      caption="Payment events that are unprocessed or need a person"
      quiet
      columns={[
        {
          header: "Event",
          cell: ({ id, type }) => (
            <>
              {type} <code class="quiet">{id}</code>
            </>
          ),
        },
        { header: "About", cell: ({ object_id }) => object_id ?? "" },
        { header: "Received", cell: ({ received_at }) => <Time at={received_at} clock /> },
        { header: "Tried", cell: ({ attempts }) => formatCount(attempts), numeric: true },
        {
          header: "Result",
          cell: ({ handled_at, outcome, last_error }) => (
            <>
              <StatusBadge tone={handled_at === null ? "bad" : "careful"}>
                {handled_at === null ? "Unprocessed" : "Needs a person"}
              </StatusBadge>{" "}
              {last_error ?? outcome ?? ""}
            </>
          ),
        },
        {
          header: "",
          cell: ({ id }) => (
            <RetryButton
              c={c}
              action={`/admin/system/events/${encodeURIComponent(id)}/retry`}
              text="Process now"
              what={id}
            />
          ),
        },
      ]}
      rows={events}
      empty="Every event is processed."
    />
  </section>
);

/** Unsent mails. The recipient is shown only to admins with `licenses:read`. */
export const MailSection: FC<{ c: ConsoleContext; mails: readonly UnsentMail[]; now: UnixSeconds }> = ({
  c,
  mails,
  now,
}) => (
  <section class="queue" aria-labelledby="mails">
    <h2 id="mails">Mails not sent</h2>
    <DataTable
      caption="Unsent mails"
      quiet
      columns={[
        { header: "Mail", cell: ({ kind }) => kind.replaceAll("_", " ") },
        { header: "To", cell: (mail) => recipientOf(c, mail) },
        { header: "Since", cell: ({ created_at }) => <Time at={created_at} clock /> },
        { header: "State", cell: (mail) => <MailState mail={mail} /> },
        {
          header: "",
          cell: (mail) =>
            mayRetryMail(mail, now) ? (
              <RetryButton c={c} action={`/admin/system/mails/${mail.id}/retry`} text="Send now" what={mail.id} />
            ) : null,
        },
      ]}
      rows={mails}
      empty="Every mail is sent."
    />
  </section>
);

const MailState: FC<{ mail: UnsentMail }> = ({ mail: { attempts, next_attempt_at, last_error } }) => (
  <>
    {next_attempt_at === null ? (
      <StatusBadge tone="bad">Given up</StatusBadge>
    ) : (
      <>
        Next try <Time at={next_attempt_at} clock />
      </>
    )}
    {last_error === null ? null : ` · failed ${counted(attempts, "time")}: ${last_error}`}
  </>
);

function recipientOf(c: ConsoleContext, { license_id, recipient }: UnsentMail) {
  if (!may(c, "licenses:read")) return license_id ?? "";
  return license_id === null ? recipient : <a href={licensePath(license_id)}>{recipient}</a>;
}

/** Changes that the edge copy does not have yet. */
export const OutboxSection: FC<{ c: ConsoleContext; outbox: SystemData["outbox"] }> = ({ c, outbox }) => (
  <section class="queue" aria-labelledby="outbox">
    <h2 id="outbox">Changes not published</h2>
    <p>
      Each change is safe in the ledger. The cron publishes it each minute until KV accepts it. Until then, downloads
      use the old record.
    </p>
    <DataTable
      caption="Records that the edge copy does not have yet"
      quiet
      columns={[
        { header: "Record", cell: ({ topic }) => topic },
        { header: "Of", cell: ({ key }) => key },
        { header: "Since", cell: ({ oldest_at }) => <Time at={oldest_at} clock /> },
      ]}
      rows={outbox}
      empty="Everything is published."
    />
    {outbox.length === 0 ? null : <RetryButton c={c} action="/admin/system/publish" text="Publish now" />}
  </section>
);

type Props = {
  c: ConsoleContext;
  /** The address the form is sent to. */
  action: string;
  text: string;
  /** Names the retried thing for screen readers. */
  what?: string;
};

/**
 * A button to retry now, for admins with `licenses:write`. It asks for no reason, because the cron would do the same
 * later.
 */
export const RetryButton: FC<Props> = ({ c, action, text, what }) =>
  may(c, "licenses:write") ? (
    <PostForm action={action} csrf={c.var.session.csrfToken}>
      <button type="submit" class="secondary">
        {text}
        {what === undefined ? null : <span class="unseen"> {what}</span>}
      </button>
    </PostForm>
  ) : null;
