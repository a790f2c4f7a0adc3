import { ORDER_KIND_WORDS } from "../../../domain/money/words.ts";
import { formatAmount } from "../../../lib/money.ts";
import { MAIL_KINDS, type MailKind } from "../../../platform/storage/mail-outbox.ts";
import { type Child, type FC, formatDateTime, StatusBadge, Time } from "../../page/kit.ts";
import { actionWords } from "../audit/action-words.ts";
import type { Names } from "../audit/names.ts";
import { ActorName, EntryDetails } from "../audit/words.tsx";
import { eventWords } from "./event-words.ts";
import type { LicenseStory, StoryEntry, StoryKind } from "./story.ts";
import { stripeLink } from "./words.tsx";

/** The name of each kind of entry; its plural takes an `s`. */
export const KIND_WORDS: Record<StoryKind, string> = {
  act: "Change",
  payment: "Payment",
  mail: "Mail",
  download: "Download",
};

const MAIL_WORDS: Record<MailKind, string> = {
  license_key: "The license key",
  key_rotated: "The new license key",
  trial_started: "Trial started",
  trial_ending: "Trial ends soon",
  payment_failed: "A payment failed",
  payment_action_required: "Payment needs the customer",
  payment_not_completed: "Payment not completed",
  order_held: "Order is being checked",
  order_solved: "Order resolved",
  license_suspended: "License on hold",
  license_resumed: "The license works again",
  license_cancelled: "The subscription is canceled",
  license_uncancelled: "The cancellation is undone",
  license_expiring: "The license ends soon",
  license_ended: "The license has ended",
  license_refunded: "A payment was refunded",
  license_disputed: "On hold for a dispute",
  license_dispute_won: "The dispute is over",
  license_revoked: "The license was revoked",
  license_reinstated: "The license is reinstated",
  machine_limit_changed: "Another machine limit",
  plan_changed: "Another plan",
  end_changed: "Another end",
  address_changed: "Email address changed",
  renewed: "Payment received",
  recovery_link: "A link to sign in",
};

/** A kind of mail in words; an unknown one unchanged. */
const mailWords = (kind: string): string =>
  MAIL_KINDS.flatMap((one) => (one === kind ? MAIL_WORDS[one] : []))[0] ?? kind;

/** The texts of a story that may hold ids with a name. */
export const textsOf = ({ entries }: LicenseStory): string[] =>
  entries.flatMap((entry) => (entry.kind === "act" ? [entry.actor, JSON.stringify(entry.details)] : []));

/** The story of a license, newest entry first. */
export const StoryTimeline: FC<{ story: LicenseStory; names: Names }> = ({ story, names }) =>
  story.entries.length === 0 ? (
    <p class="empty">None.</p>
  ) : (
    <ol class="timeline">
      {story.entries.map((entry) => (
        <li>
          <p class="quiet">
            <Time at={entry.at} clock /> · {KIND_WORDS[entry.kind]}
          </p>
          <Entry entry={entry} of={story.license} names={names} />
        </li>
      ))}
    </ol>
  );

type EntryProps = { entry: StoryEntry; of: LicenseStory["license"]; names: Names };

const Entry: FC<EntryProps> = ({ entry, of: { machines, livemode }, names }) => {
  switch (entry.kind) {
    case "act":
      return (
        <>
          <p>
            <strong>{actionWords(entry.action)}</strong> by <ActorName actor={entry.actor} names={names} />
          </p>
          <EntryDetails {...entry} names={names} />
        </>
      );
    case "payment":
      return (
        <>
          <p>
            <strong>{eventWords(entry.type)}</strong>
            {moneyOf(entry)}
            {entry.attention ? [": ", <StatusBadge tone="careful" text="needs a person" />, " ", entry.outcome] : null}
          </p>
          <details class="ids">
            <summary>At Stripe</summary>
            <p>
              <a href={stripeLink(entry.id, livemode)}>{entry.type}</a>
              {entry.object_id === null
                ? null
                : [" about ", <a href={stripeLink(entry.object_id, livemode)}>{entry.object_id}</a>]}
            </p>
          </details>
        </>
      );
    case "mail":
      return (
        <p>
          <strong>{mailWords(entry.mail)}</strong> to {entry.recipient}: {mailState(entry)}
        </p>
      );
    case "download": {
      const machine = machines.find(({ fingerprint_hash }) => fingerprint_hash === entry.machine);
      return (
        <p>
          {entry.worker_id} {entry.version} for {entry.platform}
          {machine ? ` by ${machine.name ?? machine.id}` : ""}
        </p>
      );
    }
  }
};

/** The payment that an event is about, with its amount. */
function moneyOf({ money, total, currency, invoice_number }: Extract<StoryEntry, { kind: "payment" }>): string {
  if (money === null || total === null || currency === null) return "";
  const number = invoice_number === null ? "" : ` ${invoice_number}`;
  return `: ${ORDER_KIND_WORDS[money]}${number}, ${formatAmount(total, currency)}`;
}

function mailState({ sent_at, next_attempt_at, attempts, last_error }: Extract<StoryEntry, { kind: "mail" }>): Child {
  if (sent_at !== null) return last_error ?? `sent on ${formatDateTime(sent_at)}.`;
  if (next_attempt_at === null) return <StatusBadge tone="bad" text={`given up after ${attempts} attempts`} />;
  const fault = last_error === null ? "" : ` The last attempt failed: ${last_error}`;
  return `waiting to be sent, next on ${formatDateTime(next_attempt_at)}.${fault}`;
}
