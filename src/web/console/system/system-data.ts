import * as z from "zod";
import { type Backlog, readBacklog } from "../../../domain/figures/backlog.ts";
import { listUnsentMails, type UnsentMail } from "../../../domain/mail/mail-backlog.ts";
import { listEvents, type StoredEvent } from "../../../domain/purchase/event-store.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type Probe, probeStores } from "../../../platform/storage/store-probe.ts";

/** How many entries of each list are shown. */
export const ROWS = 50;

const OutboxRow = z.object({ topic: z.string(), key: z.string(), oldest_at: z.number() });
const Mark = z.object({ name: z.string(), at: z.number() });
const Migration = z.object({ name: z.string(), applied_at: z.string() });

/** How the service does at the moment. */
export type SystemData = {
  stores: Record<"ledger" | "edge" | "binaries", Probe>;
  backlog: Backlog;
  outbox: z.output<typeof OutboxRow>[];
  mails: UnsentMail[];
  /** Events that are not handled, then those that need a person. */
  events: StoredEvent[];
  /** When each recurring job last did what it notes. */
  marks: { name: string; at: UnixSeconds }[];
  migrations: z.output<typeof Migration>[];
};

/** Asks each store and looks through what waits. Throws what D1 throws. */
export async function readSystem(env: Pick<Env, "DB" | "EDGE" | "BINARIES">): Promise<SystemData> {
  const db = env.DB;
  const [stores, backlog, mails, unhandled, attention, [outbox, marks, migrations]] = await Promise.all([
    probeStores(env),
    readBacklog(db),
    listUnsentMails(db, ROWS),
    listEvents(db, { state: "unhandled" }, ROWS),
    listEvents(db, { state: "attention" }, ROWS),
    db.batch([
      db
        .prepare("SELECT topic, key, min(created_at) AS oldest_at FROM outbox GROUP BY topic, key ORDER BY 3 LIMIT ?")
        .bind(ROWS),
      db.prepare("SELECT name, at FROM watermarks ORDER BY name"),
      db.prepare("SELECT name, applied_at FROM d1_migrations ORDER BY name"),
    ]),
  ]);
  return {
    stores,
    backlog,
    outbox: z.array(OutboxRow).parse(outbox?.results),
    mails,
    events: [...unhandled, ...attention],
    marks: z.array(Mark).parse(marks?.results),
    migrations: z.array(Migration).parse(migrations?.results),
  };
}
