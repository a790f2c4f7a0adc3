import type { Result } from "../../lib/result.ts";
import { Problem, type Refusal } from "../http/problem.ts";
import type { Action } from "./actions.ts";
import { findRepetition, type IdempotentRequest, isRepetition, rememberRequest } from "./idempotency.ts";
import {
  type Actor,
  type Change,
  commitChange,
  isUniqueViolation,
  newChange,
  type Publication,
  type RootTable,
} from "./ledger.ts";
import { type NewMail, queueMailIf } from "./mail-outbox.ts";
import type { Changes } from "./settle.ts";

/** How often an act is decided again when others change the same row at the same time. */
const ATTEMPTS = 10;

/** A kind of row that only `change` changes. The room of its table exports it (`licenseRoot`, `releaseRoot`). */
export type RootKind<Row extends { id: string }, Patch> = {
  table: RootTable;
  /** The row with this id. Throws the problem of a row that does not exist. */
  read(db: D1Database, id: string): Promise<Row>;
  /** The statement that writes `patch` and sets `last_change`, if the row is still as it was read. */
  write(db: D1Database, row: Row, patch: Patch, change: Change): D1PreparedStatement;
  /** The row once `write` has taken effect. */
  after(row: Row, patch: Patch, change: Change): Row;
  /** The KV record to publish once the row is like this; undefined if there is none. */
  publication(row: Row): Publication | undefined;
  /** The mails about a change from `before` to `after`, whichever act made it. Pure. Without it, there are none. */
  mails?(before: Row, after: Row, change: Change): readonly MailOfChange[];
};

/** A mail that goes out if the change takes effect. `occasion`: the change's id, unless given. */
export type MailOfChange = Omit<NewMail, "now" | "occasion"> & { occasion?: string };

/** The entries that commit with a change, apart from the write itself. */
type Beside = {
  /** `noun.verb`, for the audit trail. */
  action: Action;
  details?: Record<string, unknown>;
  /** The mails of this act alone, beside those that the kind of row decides (`RootKind.mails`). */
  mails?: readonly MailOfChange[];
  /** More statements of the same transaction. Each must depend on the change (`ifChanged`). */
  beside?: (change: Change) => D1PreparedStatement[];
};

/** The changes that a decision wants in a row. `removed`: the row itself is deleted, too. */
export type Decided<Patch> = Beside & { patch: Patch; removed?: boolean };

/** The actor of a change, its reason, and its idempotency key if any. */
export type By = { actor: Actor; reason?: string | null; request?: IdempotentRequest | null };

/**
 * A row after an act, and the changes to settle (`settle`). `changeId` is null if there was nothing to do, or if an
 * earlier request with the same idempotency key did it (`repeated`).
 */
export type Changed<Row> = { row: Row; changes: Changes; changeId: string | null; repeated: boolean };

/**
 * Changes a row. It reads the row, lets `decide` choose the patch (null: nothing to do), and commits the patch with its
 * audit entry, outbox entry, mail and idempotency key in one transaction. It decides again when the row has changed in
 * between. Throws the refusal of `decide`, D1's errors, and CONFLICT when others keep changing the row or the
 * idempotency key belongs to another request.
 */
export async function change<Row extends { id: string }, Patch>(
  db: D1Database,
  kind: RootKind<Row, Patch>,
  id: string,
  decide: (row: Row) => Promise<Result<Decided<Patch> | null, Refusal>> | Result<Decided<Patch> | null, Refusal>,
  by: By,
): Promise<Changed<Row>> {
  const unchanged = (row: Row, repeated: boolean) => {
    return { row, changes: staleOf(kind.publication(row), []), changeId: null, repeated };
  };
  return untilDone(db, by, {
    // The row is read after the earlier request was found, so it shows the work of that request.
    repeat: async (subject) => unchanged(await kind.read(db, subject), true),
    attempt: async () => {
      const row = await kind.read(db, id);
      const decision = await decide(row);
      if (!decision.ok) throw new Problem(decision.error);
      if (decision.value === null) return unchanged(row, false);
      const { patch, removed = false } = decision.value;
      const made = newChangeOf(by, row.id, decision.value);
      const after = kind.after(row, patch, made);
      const publication = kind.publication(after);
      const mails = [...(kind.mails?.(row, after, made) ?? []), ...(decision.value.mails ?? [])];
      const beside = { ...decision.value, mails };
      const writes = [kind.write(db, row, patch, made), ...writesBeside(db, kind.table, by, made, beside)];
      const root = { table: kind.table, id: row.id, removed };
      if (!(await commitChange(db, made, root, writes, publication))) return null;
      const changes = { ...staleOf(publication, [made.id]), mail: mails.length > 0 };
      return { row: after, changes, changeId: made.id, repeated: false };
    },
  });
}

/** A row to create. `insert` runs again, for another draw, if the UNIQUE column `redraw` has the value already. */
export type Creation = Omit<Beside, "mails"> & {
  mails?: (change: Change) => readonly MailOfChange[];
  table: RootTable;
  id: string;
  /** The KV record that the new row makes stale. */
  publication?: (id: string) => Publication;
  insert: (change: Change) => D1PreparedStatement;
  redraw?: string;
};

/**
 * Creates a row with the same guarantees as `change`. Returns the id of the row; after a repeated request, that is the
 * row of the first one. Throws D1's errors, and CONFLICT when the idempotency key belongs to another request.
 */
export function create(
  db: D1Database,
  wanted: Creation,
  by: By,
): Promise<{ id: string; changes: Changes; repeated: boolean }> {
  const { table, id, publication, insert, redraw } = wanted;
  const made = newChangeOf(by, id, wanted);
  const mails = wanted.mails?.(made) ?? [];
  const beside = wanted.beside ? { mails, beside: wanted.beside } : { mails };
  return untilDone<{ id: string; changes: Changes; repeated: boolean }>(db, by, {
    repeat: async (subject) => ({ id: subject, changes: staleOf(publication?.(subject), []), repeated: true }),
    attempt: async () => {
      try {
        const writes = [insert(made), ...writesBeside(db, table, by, made, beside)];
        await commitChange(db, made, { table, id }, writes, publication?.(id));
      } catch (error) {
        if (redraw !== undefined && isUniqueViolation(error, redraw)) return null;
        throw error;
      }
      const changes = { ...staleOf(publication?.(id), [made.id]), mail: mails.length > 0 };
      return { id, changes, repeated: false };
    },
  });
}

/** Runs `attempt` until it returns a result, not null. `repeat` gives the result of an earlier request. */
async function untilDone<Done>(
  db: D1Database,
  { request = null }: By,
  { attempt, repeat }: { attempt: () => Promise<Done | null>; repeat: (subject: string) => Promise<Done> },
): Promise<Done> {
  for (let attempts = 0; attempts < ATTEMPTS; attempts++) {
    const subject = await findRepetition(db, request);
    if (subject !== null) return repeat(subject);
    try {
      const done = await attempt();
      if (done !== null) return done;
    } catch (error) {
      if (!isRepetition(error)) throw error;
    }
  }
  throw new Problem({ code: "CONFLICT", detail: "Others are changing the same thing. Please try again." });
}

const newChangeOf = (
  { actor, reason = null }: By,
  subject: string,
  { action, details = {} }: Pick<Beside, "action" | "details">,
): Change => newChange(actor, { action, subject, reason, details });

function writesBeside(
  db: D1Database,
  table: RootTable,
  { request = null }: By,
  made: Change,
  { mails = [], beside }: Pick<Beside, "mails" | "beside">,
): D1PreparedStatement[] {
  const root = { table, id: made.subject };
  return [
    ...(beside?.(made) ?? []),
    ...mails.map((mail) => queueMailIf(db, { occasion: made.id, ...mail, now: made.at }, root, made.id)),
    ...(request ? [rememberRequest(db, request, made, root)] : []),
  ];
}

const staleOf = (publication: Publication | undefined, changeIds: readonly string[]): Changes => ({
  stale: publication === undefined ? [] : [{ ...publication, changeIds }],
});
