import { mayRetryMail, type UnsentMail } from "../../../domain/mail/backlog.ts";
import type { StoredEvent } from "../../../domain/purchase/events/store.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { counted, DataTable, type FC, formatCount, PostForm, StatusBadge, Time } from "../../page/kit.ts";
import { type ConsoleContext, may } from "../frame.tsx";
import { licensePath } from "../license/words.tsx";
import type { SystemData } from "./data.ts";

/** Events of Stripe's that are not handled, or need a person. */
export const EventSection: FC<{ c: ConsoleContext; events: readonly StoredEvent[] }> = ({ c, events }) => (
  <section class="queue" aria-labelledby="events">
    <h2 id="events">Payment events</h2>
    <p>
      Unhandled ones are tried again each minute, those for a person every six hours: an unknown price, for example.
    </p>
    <DataTable
      caption="Payment events that are unhandled or need a person"
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
          header: "What became of it",
          cell: ({ handled_at, outcome, last_error }) => (
            <>
              <StatusBadge tone={handled_at === null ? "bad" : "careful"}>
                {handled_at === null ? "Unhandled" : "For a person"}
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
              text="Handle now"
              what={id}
            />
          ),
        },
      ]}
      rows={events}
      empty="Every event is handled."
    />
  </section>
);

/** Mails that are not sent: whose they are, for who may read licenses. */
export const MailSection: FC<{ c: ConsoleContext; mails: readonly UnsentMail[]; now: UnixSeconds }> = ({
  c,
  mails,
  now,
}) => (
  <section class="queue" aria-labelledby="mails">
    <h2 id="mails">Mails not sent</h2>
    <DataTable
      caption="Mails that are not sent"
      quiet
      columns={[
        { header: "Mail", cell: ({ kind }) => kind.replaceAll("_", " ") },
        { header: "To", cell: (mail) => recipientOf(c, mail) },
        { header: "Since", cell: ({ created_at }) => <Time at={created_at} clock /> },
        { header: "How it goes", cell: (mail) => <MailState mail={mail} /> },
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

/** What the edge has yet to be told. */
export const OutboxSection: FC<{ c: ConsoleContext; outbox: SystemData["outbox"] }> = ({ c, outbox }) => (
  <section class="queue" aria-labelledby="outbox">
    <h2 id="outbox">Changes not published</h2>
    <p>
      Each is safe in the ledger and published again each minute until KV takes it. Until then downloads go by what it
      knows.
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
  /** Where it is sent. */
  action: string;
  text: string;
  /** What it does it to, for who does not see beside what it stands. */
  what?: string;
};

/** A button that has something tried again, for who may. It asks for nothing: the cron would do the same, only later. */
export const RetryButton: FC<Props> = ({ c, action, text, what }) =>
  may(c, "licenses:write") ? (
    <PostForm action={action} csrf={c.var.session.csrfToken}>
      <button type="submit" class="secondary">
        {text}
        {what === undefined ? null : <span class="unseen"> {what}</span>}
      </button>
    </PostForm>
  ) : null;
