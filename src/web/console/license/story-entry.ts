import * as z from "zod";

/** The kinds of things that happen to a license. */
export const STORY_KINDS = ["act", "payment", "mail", "download"] as const;
export type StoryKind = (typeof STORY_KINDS)[number];

const ActRow = z.object({
  id: z.string(),
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  reason: z.string().nullable(),
  details: z.string().transform((text) => z.record(z.string(), z.unknown()).parse(JSON.parse(text))),
});

const PaymentRow = z.object({
  id: z.string(),
  at: z.number(),
  type: z.string(),
  object_id: z.string().nullable(),
  outcome: z.string().nullable(),
  attention: z.number().transform((flag) => flag === 1),
});

const MailRow = z.object({
  id: z.string(),
  at: z.number(),
  mail: z.string(),
  recipient: z.string(),
  sent_at: z.number().nullable(),
  attempts: z.number(),
  next_attempt_at: z.number().nullable(),
  last_error: z.string().nullable(),
});

const DownloadRow = z.object({
  id: z.string(),
  at: z.number(),
  worker_id: z.string(),
  version: z.string(),
  platform: z.string(),
  /** The machine's fingerprint hash. */
  machine: z.string().nullable(),
});

/** Something that happened to a license: an entry of the audit trail, an event of Stripe's, a mail, or a download. */
export type StoryEntry =
  | ({ kind: "act" } & z.output<typeof ActRow>)
  | ({ kind: "payment" } & z.output<typeof PaymentRow>)
  | ({ kind: "mail" } & z.output<typeof MailRow>)
  | ({ kind: "download" } & z.output<typeof DownloadRow>);

/** How entries of each kind are read: ?1 is the license, ?2 the time that they were before, ?3 how many at most. */
export const STORY_SOURCES: Record<StoryKind, { sql: string; parse: (row: unknown) => StoryEntry }> = {
  act: {
    sql: `SELECT id, at, actor, action, reason, details FROM audit WHERE subject = ?1 AND at < ?2 ORDER BY at DESC, id DESC LIMIT ?3`,
    parse: (row) => ({ kind: "act", ...ActRow.parse(row) }),
  },
  payment: {
    sql: `SELECT id, created AS at, type, object_id, outcome, attention FROM stripe_event_licenses
      JOIN stripe_events ON id = event_id WHERE license_id = ?1 AND created < ?2 ORDER BY created DESC LIMIT ?3`,
    parse: (row) => ({ kind: "payment", ...PaymentRow.parse(row) }),
  },
  mail: {
    sql: `SELECT id, created_at AS at, kind AS mail, recipient, sent_at, attempts, next_attempt_at, last_error FROM mails
      WHERE license_id = ?1 AND created_at < ?2 ORDER BY created_at DESC LIMIT ?3`,
    parse: (row) => ({ kind: "mail", ...MailRow.parse(row) }),
  },
  download: {
    sql: `SELECT link_id AS id, at, worker_id, version, platform, machine FROM downloads
      WHERE license_id = ?1 AND at < ?2 ORDER BY at DESC LIMIT ?3`,
    parse: (row) => ({ kind: "download", ...DownloadRow.parse(row) }),
  },
};
