import { type Child, type FC, formatDateTime, StatusBadge, Time } from "../../page/kit.ts";
import { ActorName, actionWords, EntryDetails } from "../audit.tsx";
import type { LicenseStory, StoryEntry, StoryKind } from "./story.ts";
import { stripeLink } from "./words.tsx";

/** The name of each kind of entry; its plural takes an `s`. */
export const KIND_WORDS: Record<StoryKind, string> = {
  act: "Change",
  payment: "Payment",
  mail: "Mail",
  download: "Download",
};

const MAIL_WORDS: ReadonlyMap<string, string> = new Map([
  ["license_key", "The license key"],
  ["payment_failed", "A payment failed"],
  ["payment_action_required", "A payment needs the customer"],
  ["trial_ending", "The trial ends soon"],
  ["license_expiring", "The license ends soon"],
  ["license_expired", "The license has ended"],
  ["key_rotated", "The new license key"],
]);

/** The story of a license, newest entry first. */
export const StoryTimeline: FC<{ story: LicenseStory }> = ({ story }) =>
  story.entries.length === 0 ? (
    <p class="empty">There is no entry of this kind.</p>
  ) : (
    <ol class="timeline">
      {story.entries.map((entry) => (
        <li>
          <p class="quiet">
            <Time at={entry.at} clock /> · {KIND_WORDS[entry.kind]}
          </p>
          <Entry entry={entry} of={story.license} />
        </li>
      ))}
    </ol>
  );

const Entry: FC<{ entry: StoryEntry; of: LicenseStory["license"] }> = ({ entry, of: { machines, livemode } }) => {
  switch (entry.kind) {
    case "act":
      return (
        <>
          <p>
            <strong>{actionWords(entry.action)}</strong> by <ActorName actor={entry.actor} />
          </p>
          <EntryDetails {...entry} nameOf={(id) => machines.find((one) => one.id === id)?.name ?? undefined} />
        </>
      );
    case "payment":
      return (
        <p>
          <a href={stripeLink(entry.id, livemode)}>{entry.type}</a>
          {entry.object_id === null
            ? null
            : [" about ", <a href={stripeLink(entry.object_id, livemode)}>{entry.object_id}</a>]}
          {entry.attention ? [": ", <StatusBadge tone="careful" text="needs a person" />, " ", entry.outcome] : null}
        </p>
      );
    case "mail":
      return (
        <p>
          <strong>{MAIL_WORDS.get(entry.mail) ?? entry.mail}</strong> to {entry.recipient}: {mailState(entry)}
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

function mailState({ sent_at, next_attempt_at, attempts, last_error }: Extract<StoryEntry, { kind: "mail" }>): Child {
  if (sent_at !== null) return `sent on ${formatDateTime(sent_at)}.`;
  if (next_attempt_at === null) return <StatusBadge tone="bad" text={`given up after ${attempts} attempts`} />;
  const fault = last_error === null ? "" : ` The last attempt failed: ${last_error}`;
  return `waiting to be sent, next on ${formatDateTime(next_attempt_at)}.${fault}`;
}
