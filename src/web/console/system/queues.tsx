import { mayRetryMail, type UnsentMail } from "../../../domain/mail/backlog.ts";
import type { StoredEvent } from "../../../domain/purchase/events/store.ts";
import { type Child, type Column, counted, DataTable, type FC, PostForm, StatusBadge, Time } from "../../page/kit.ts";
import { type ConsoleContext, may } from "../kit.ts";
import { licensePath } from "../license/words.tsx";
import type { SystemData } from "./data.ts";

type Queue<Row> = {
  id: string;
  title: string;
  /** How the queue is worked off. */
  about?: string;
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  empty: string;
  children?: Child;
};

/** A list of waiting things with its heading. */
export function QueueSection<Row>({ id, title, about, children, ...table }: Queue<Row>) {
  return (
    <section class="queue" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {about === undefined ? null : <p>{about}</p>}
      <DataTable quiet {...table} />
      {children}
    </section>
  );
}

/** Stripe events that are not processed or need a person. */
export const EventSection: FC<{ c: ConsoleContext; events: readonly StoredEvent[] }> = ({ c, events }) => (
  <QueueSection
    id="events"
    title="Payment events"
    about="Unprocessed events are retried each minute. Events that need a person, such as an unknown price, are retried every six hours."
    caption="Payment events that are unprocessed or need a person"
    columns={[
      { header: "Event", cell: ({ id, type }) => [type, " ", <code class="quiet">{id}</code>] },
      { header: "About", cell: ({ object_id }) => object_id ?? "" },
      { header: "Received", cell: ({ received_at }) => <Time at={received_at} clock /> },
      { header: "Tried", cell: ({ attempts }) => attempts, numeric: true },
      {
        header: "Result",
        cell: ({ handled_at, outcome, last_error }) => [
          <StatusBadge {...(handled_at === null ? UNPROCESSED : NEEDS_A_PERSON)} />,
          ` ${last_error ?? outcome ?? ""}`,
        ],
      },
      {
        header: "",
        cell: ({ id }) => (
          <>
            <RetryButton c={c} action={`events/${encodeURIComponent(id)}/retry`} text="Process now" of={id} />
            <DismissLink c={c} id={id} />
          </>
        ),
      },
    ]}
    rows={events}
    empty="No unprocessed event."
  />
);

const UNPROCESSED = { tone: "bad", text: "Unprocessed" } as const;
const NEEDS_A_PERSON = { tone: "careful", text: "Needs a person" } as const;

/** The way to dismiss an event, for admins with `licenses:write`. */
const DismissLink: FC<{ c: ConsoleContext; id: string }> = ({ c, id }) =>
  may(c, "licenses:write") ? (
    <a href={`/admin/system/events/${encodeURIComponent(id)}/dismiss`}>
      Dismiss<span class="unseen"> {id}</span>
    </a>
  ) : null;

/** Emails that are not sent yet. The recipient is shown only to admins with `licenses:read`. */
export const MailSection: FC<{ c: ConsoleContext; mails: readonly UnsentMail[] }> = ({ c, mails }) => (
  <QueueSection
    id="mails"
    title="Unsent emails"
    caption="Emails that are not sent yet"
    columns={[
      { header: "Mail", cell: ({ kind }) => kind.replaceAll("_", " ") },
      { header: "To", cell: (mail) => recipientOf(c, mail) },
      { header: "Since", cell: ({ created_at }) => <Time at={created_at} clock /> },
      { header: "State", cell: mailState },
      {
        header: "",
        cell: (mail) =>
          mayRetryMail(mail, c.var.now) ? (
            <RetryButton c={c} action={`mails/${mail.id}/retry`} text="Send now" of={mail.id} />
          ) : null,
      },
    ]}
    rows={mails}
    empty="No unsent email."
  />
);

const mailState = ({ attempts, next_attempt_at, last_error }: UnsentMail): Child => [
  next_attempt_at === null ? (
    <StatusBadge tone="bad" text="Given up" />
  ) : (
    ["Next try ", <Time at={next_attempt_at} clock />]
  ),
  last_error === null ? null : ` · failed ${counted(attempts, "time")}: ${last_error}`,
];

function recipientOf(c: ConsoleContext, { license_id, recipient }: UnsentMail): Child {
  if (!may(c, "licenses:read")) return license_id ?? "";
  return license_id === null ? recipient : <a href={licensePath(license_id)}>{recipient}</a>;
}

/** Changes that the edge copy does not have yet. */
export const OutboxSection: FC<{ c: ConsoleContext; outbox: SystemData["outbox"] }> = ({ c, outbox }) => (
  <QueueSection
    id="outbox"
    title="Changes not published"
    about="Each change is safe in the ledger. The cron publishes it each minute until KV accepts it. Until then, downloads use the old record."
    caption="Records that the edge copy does not have yet"
    columns={[
      { header: "Record", cell: ({ topic }) => topic },
      { header: "Of", cell: ({ key }) => key },
      { header: "Since", cell: ({ oldest_at }) => <Time at={oldest_at} clock /> },
    ]}
    rows={outbox}
    empty="No unpublished change."
  >
    {outbox.length === 0 ? null : <RetryButton c={c} action="publish" text="Publish now" />}
  </QueueSection>
);

/** `action`: the address of the form below the system page. `of` names the retried thing for screen readers. */
type Retry = { c: ConsoleContext; action: string; text: string; of?: string };

/** A button to retry now, for admins with `licenses:write`. It needs no reason: the cron would retry anyway. */
const RetryButton: FC<Retry> = ({ c, action, text, of }) =>
  may(c, "licenses:write") ? (
    <PostForm action={`/admin/system/${action}`} csrf={c.var.session.csrfToken}>
      <button type="submit" class="secondary">
        {text}
        {of === undefined ? null : <span class="unseen"> {of}</span>}
      </button>
    </PostForm>
  ) : null;
