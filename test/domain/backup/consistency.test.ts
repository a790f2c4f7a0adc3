import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Row } from "../../../src/domain/backup/format.ts";
import { continueBackup } from "../../../src/domain/backup/run.ts";
import { readTables } from "../../../src/domain/backup/schema.ts";
import { ledgerRows, readManifest, rowsOf } from "../../support/backup-reader.ts";
import { busyStores } from "../../support/busy-ledger.ts";
import { fillLedger } from "../../support/full-ledger.ts";
import { count, hive, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged, logged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const shop = await openShop();
const ID = "2026-11-28T02-00-00Z";

/** Kinds of writes, each about one of twenty rows, in tables with one key column and with two. */
const WRITES: Record<string, (n: number) => string> = {
  issue: (
    n,
  ) => `INSERT OR IGNORE INTO licenses (id, email, plan, entitlements, versions, machine_limit, offline_days, status_index,
    livemode, last_change, created_at, updated_at) VALUES ('lic_${n}', 'a', 'p', '[]', '*', 1, 0, ${n}, 0, 'c', 1, 1)`,
  revise: (n) => `UPDATE licenses SET revision = revision + 1, note = 'a''\n' || revision WHERE id >= 'lic_${n}'`,
  mail: (n) => `INSERT OR REPLACE INTO mails (id, kind, occasion, recipient, data, created_at)
    VALUES ('mail_' || abs(random()), 'k', 'o${n}', 'r', json_object('text', hex(zeroblob(20000))), ${n})`,
  forget: (n) => `DELETE FROM mails WHERE created_at <= ${n}`,
  event: (
    n,
  ) => `INSERT INTO stripe_events (id, type, created, received_at) VALUES ('evt_${n}', 't', 1, 1) ON CONFLICT DO
    UPDATE SET attempts = attempts + 1`,
  link: (n) =>
    `INSERT INTO stripe_event_licenses SELECT stripe_events.id, licenses.id FROM licenses JOIN stripe_events
    ON stripe_events.id = 'evt_${n}' WHERE true ON CONFLICT DO NOTHING`,
  purge: (n) => `DELETE FROM stripe_events WHERE id >= 'evt_${n}'`,
  act: (n) =>
    `INSERT INTO audit (id, at, actor, action, subject, reason, details, request_id, client_request_id)
     SELECT 'chg_' || abs(random()), 1, 'system', 'test.act', 'x', NULL, '{}', '${n}', NULL`,
};

/** One invocation, which reads one file. */
const step = (isFirst: boolean) => continueBackup(env, ID, { isFirst, calls: 7, hasTime: () => true });

const write = (kind: string, n: number) => env.DB.prepare(WRITES[kind]?.(n) ?? "").run();

type Write = { kind: string; n: number };
const someWrites = (length: number) =>
  fc.array(fc.record({ kind: fc.constantFrom(...Object.keys(WRITES)), n: fc.nat({ max: 19 }) }), {
    minLength: length,
    maxLength: length,
  });

/**
 * Backs up while `writes` happen, one before each call. Fails at the calls whose numbers `failures` has, and goes on in
 * another invocation. Returns the ledger at the end of its last transaction before the manifest.
 */
async function backUpWhileBusy(writes: Write[], failures: Set<number>, calls: number): Promise<Record<string, Row[]>> {
  const names = (await readTables(env.DB)).map(({ name }) => name);
  let [count, ledger, expected]: [number, Record<string, Row[]>, Record<string, Row[]>] = [0, {}, {}];
  const stores = busyStores({
    async before(call) {
      if (call === `put ${ID}/manifest.json`) expected = ledger;
      const next = writes[count % writes.length];
      if (next && count < 200) await write(next.kind, next.n);
      if (failures.has(count++)) throw new Error("cut off");
    },
    afterBatch: async () => {
      ledger = await ledgerRows(names);
    },
  });
  let isFirst = true;
  for (let step = 0; step < 200; step++) {
    const invocation = { isFirst, calls, hasTime: () => true };
    const progress = await continueBackup({ ...env, ...stores }, ID, invocation).catch((error: Error) => error);
    if (progress === null) return expected;
    if (!(progress instanceof Error)) isFirst = false;
    else if (progress.message !== "cut off") throw progress;
  }
  throw new Error("the backup does not end");
}

describe("a backup of a ledger that is written meanwhile", () => {
  it("is the ledger at one moment, however often it is cut off", async () => {
    await fc.assert(
      fc.asyncProperty(
        someWrites(40),
        fc.uniqueArray(fc.nat({ max: 150 }), { maxLength: 4 }),
        async (writes, failures) => {
          const expected = await backUpWhileBusy(writes, new Set(failures), 7);
          const manifest = await readManifest(ID);
          expect(await rowsOf(manifest)).toEqual(expected);
          expect(manifest.tables.map(({ rows }) => rows)).toEqual(
            manifest.tables.map(({ name }) => expected[name]?.length),
          );
        },
      ),
      { numRuns: 4, endOnFailure: true },
    );
    // A failure may hit the search for files of an earlier backup: the backup goes on without them.
    if (logged().some(({ event }) => event === "backup.nothing_shared")) expectLogged("backup.nothing_shared");
  });

  it("takes another invocation for more changes than one can copy", async () => {
    await step(true);
    const many = `WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 20100) SELECT 'w' || v, v, NULL FROM n`;
    await env.DB.prepare(`INSERT INTO watermarks (name, at, position) ${many}`).run();
    let steps = 0;
    while ((await continueBackup(env, ID, { isFirst: false, calls: 1000, hasTime: () => true })) !== null) steps++;
    expect(steps).toBe(1);
    expect((await rowsOf(await readManifest(ID)))["watermarks"]).toHaveLength(20_100);
  });

  it("begins again if a migration changes a table that is read already", async () => {
    await write("issue", 1);
    expect(await step(true)).toEqual({ position: ID });
    await env.DB.prepare("ALTER TABLE licenses ADD COLUMN later TEXT NOT NULL DEFAULT 'x'").run();
    while ((await step(false)) !== null);
    expect((await rowsOf(await readManifest(ID)))["licenses"]).toMatchObject([{ id: "lic_1", later: "x" }]);
  });

  it("fails after 12 hours, and its notes end with it; the next one begins anew", async () => {
    await step(true);
    await env.DB.prepare("UPDATE backup_captures SET until = unixepoch() - 1").run();
    await write("issue", 1);
    expect(await ledgerRows(["backup_changes"])).toEqual({ backup_changes: [] });
    await expect(step(false)).rejects.toThrow("has not finished within 12 hours");
    const next = "2026-11-29T02-00-00Z";
    expect(await continueBackup(env, next, { isFirst: true, calls: 1000, hasTime: () => true })).toBeNull();
    expect((await rowsOf(await readManifest(next)))["licenses"]).toHaveLength(1);
    expect((await env.BACKUPS.list({ prefix: ID })).objects).toEqual([]);
  });

  it("lets every act of the API through, and has its rows", async () => {
    await step(true);
    await fillLedger(shop);
    const { key } = await issueLicense();
    const lease = { fingerprint: "m", offline: true };
    const credential = await tokenFor(key, "m", lease);
    const before = await count("audit");
    expect((await hive("POST", "/v1/licenses/token", { credential, body: lease })).status).toBe(200);
    // A renewal changes one row and is not audited. The trigger's row must not make it look like none.
    expect(await count("audit")).toBe(before);
    while ((await step(false)) !== null);
    const manifest = await readManifest(ID);
    const { watermarks: _, ...ledger } = await ledgerRows(manifest.tables.map(({ name }) => name));
    expect(await rowsOf(manifest)).toMatchObject(ledger);
  });
});
