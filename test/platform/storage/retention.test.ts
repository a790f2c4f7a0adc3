import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readLicense } from "../../../src/domain/licensing/license/store.ts";
import { eventHandled, keepEvent } from "../../../src/domain/purchase/events/store.ts";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { forgetOldRows, isRetentionTime } from "../../../src/platform/storage/retention.ts";
import { activate, count, issueLicense } from "../../support/license-fixture.ts";

describe("rows that nobody needs any more", () => {
  it("may be removed while a request still handles them", async () => {
    const { id } = await issueLicense();
    const event = { id: "evt_1", type: "invoice.paid", object_id: "in_1", created: 0 };
    const handled = { outcome: id, attention: false, licenseIds: [id, "lic_gone"] };
    await keepEvent(env.DB, event, 0);
    await eventHandled(env.DB, event.id, handled, 1);
    expect(await count("stripe_event_licenses")).toBe(1);
    await forgetOldRows(env.DB, 61 * DAY);
    await eventHandled(env.DB, event.id, handled, 61 * DAY);
    expect(await count("stripe_event_licenses")).toBe(0);
  });

  it("are removed once a day, and newer ones are not", async () => {
    const { key } = await issueLicense();
    await activate(key, "m");
    const trail = await count("audit");
    const now = Math.floor(Date.now() / 1000);
    await forgetOldRows(env.DB, now + DAY);
    expect(await count("machine_activations")).toBe(1);
    await forgetOldRows(env.DB, now + 3 * DAY);
    expect(await count("machine_activations")).toBe(0);
    expect(await count("audit")).toBe(trail);
  });

  it("include machines that were deactivated long ago, and no active one", async () => {
    const { id, key } = await issueLicense({ machine_limit: 5 });
    const now = currentTime();
    const machines = ["active", "leased", "of last month", "of last year"];
    for (const machine of machines) expect((await activate(key, machine, { name: machine })).status).toBe(201);
    const facts = env.DB.prepare("UPDATE machines SET deactivated_at = ?, lease_until = ? WHERE name = ?");
    await env.DB.batch([
      facts.bind(null, 0, "active"),
      facts.bind(now - 91 * DAY, now + DAY, "leased"),
      facts.bind(now - 89 * DAY, now - 60 * DAY, "of last month"),
      facts.bind(now - 91 * DAY, now - 90 * DAY, "of last year"),
      env.DB.prepare("DELETE FROM machine_activations"),
    ]);
    const trail = await count("audit");
    await forgetOldRows(env.DB, now);
    const left = (await readLicense(env.DB, id))?.machines.map(({ name }) => name);
    expect(left?.sort()).toEqual(["active", "leased", "of last month"]);
    expect(await count("audit")).toBe(trail);
    expect((await activate(key, "of last year")).status).toBe(201);
    expect(await count("machines", "deactivated_at IS NULL")).toBe(2);
  });

  it("leave out a machine that is barred, because its row is the memory of the bar", async () => {
    const { id, key } = await issueLicense();
    await activate(key, "m");
    await env.DB.batch([
      env.DB.prepare("UPDATE machines SET deactivated_at = 1"),
      env.DB.prepare("INSERT INTO barred_machines SELECT id, license_id, 1 FROM machines"),
    ]);
    await forgetOldRows(env.DB, currentTime());
    expect((await readLicense(env.DB, id))?.machines).toMatchObject([{ barred_at: 1 }]);
    await env.DB.prepare("DELETE FROM barred_machines").run();
    await forgetOldRows(env.DB, currentTime());
    expect((await readLicense(env.DB, id))?.machines).toEqual([]);
  });

  it("include the places of machines in the status lists, after the last token that names them", async () => {
    const { id, key } = await issueLicense();
    const { machine } = await (await activate(key, "m")).json<{ machine: { id: string } }>();
    const { index } =
      (await env.DB.prepare("SELECT status_index AS 'index' FROM machines").first<{ index: number }>()) ?? {};
    await env.DB.prepare("UPDATE machines SET deactivated_at = ? WHERE id = ?").bind(currentTime(), machine.id).run();
    const spent = `status_index = ${index}`;
    // A lease that was made just before ends after 30 days; verifiers tolerate a minute more.
    await forgetOldRows(env.DB, currentTime() + 30 * DAY + 60);
    expect(await count("spent_status_indices", spent)).toBe(1);
    await forgetOldRows(env.DB, currentTime() + 31 * DAY + 60);
    expect(await count("spent_status_indices", spent)).toBe(0);
    expect((await readLicense(env.DB, id))?.machines).toMatchObject([{ status_index: null }]);
  });

  it("include the leftovers of purchases, but nothing running or failed", async () => {
    const now = 1_800_000_000;
    const { id } = await issueLicense();
    const order = env.DB.prepare(
      "INSERT INTO orders (id, plan, machines, cookie_hash, state, created_at) VALUES (?1 || CAST(?2 AS INTEGER), 'p', 1, 'h', ?1, ?2)",
    );
    const event = env.DB.prepare(
      `INSERT INTO stripe_events (id, type, created, received_at, handled_at, attention)
       VALUES (?1 || CAST(?2 AS INTEGER), 't', ?2, ?2, ?3, ?4)`,
    );
    const mail = env.DB.prepare(
      `INSERT INTO mails (id, kind, occasion, recipient, data, created_at, next_attempt_at)
       VALUES (?1 || CAST(?2 AS INTEGER), 'license_key', ?1 || CAST(?2 AS INTEGER), 'ada@example.com', '{}', ?2, ?3)`,
    );
    const ago = (days: number) => now - days * DAY;
    await env.DB.batch([
      ...["open", "failed", "pending", "held", "complete"].flatMap((state) =>
        [89, 91, 121].map((days) => order.bind(state, ago(days))),
      ),
      ...[59, 61].flatMap((days) => [
        event.bind("handled", ago(days), ago(days), 0),
        event.bind("attention", ago(days), ago(days), 1),
        event.bind("unhandled", ago(days), null, 0),
      ]),
      // The licenses of an event are removed with it.
      ...[59, 61].map((days) =>
        env.DB.prepare("INSERT INTO stripe_event_licenses VALUES ('handled' || CAST(?1 AS INTEGER), ?2)").bind(
          ago(days),
          id,
        ),
      ),
      ...[399, 401].flatMap((days) => [mail.bind("sent", ago(days), null), mail.bind("due", ago(days), now)]),
    ]);
    await forgetOldRows(env.DB, now);
    const left = async (table: string) =>
      (await env.DB.prepare(`SELECT id FROM ${table} ORDER BY id`).all<{ id: string }>()).results.map(({ id }) => id);
    const named = (days: number, ...names: string[]) => names.map((name) => `${name}${ago(days)}`);
    expect(await left("orders")).toEqual(
      [
        ...named(89, "open", "failed", "pending", "held", "complete"),
        ...named(91, "pending", "held", "complete"),
        ...named(121, "pending", "held", "complete"),
      ].sort(),
    );
    expect(await left("stripe_events")).toEqual(
      [...named(59, "handled", "attention", "unhandled"), ...named(61, "attention", "unhandled")].sort(),
    );
    expect(await count("stripe_event_licenses")).toBe(1);
    expect(await left("mails")).toEqual([...named(399, "sent", "due"), ...named(401, "due")].sort());
  });

  it("include the routine of customers in the audit trail, and no decision of a person", async () => {
    const now = currentTime();
    const entry = env.DB.prepare(
      "INSERT INTO audit (id, at, actor, action, subject, details) VALUES (?1, ?2, ?3, ?4, 'lic_1', ?5)",
    );
    const acts: [name: string, days: number, actor: string, action: string, details: string][] = [
      ["activated", 91, "license:lic_1", "machine.activate", "{}"],
      ["signed-in", 91, "recovery:rec_1", "account.sign-in", "{}"],
      ["renewed", 401, "stripe:evt_1", "license.follow-payment", '{"expires_at":1}'],
      ["activated-lately", 89, "license:lic_1", "machine.activate", "{}"],
      ["deactivated-by-admin", 500, "token:adm_1", "machine.deactivate", "{}"],
      ["renewed-lately", 399, "stripe:evt_1", "license.follow-payment", '{"expires_at":1}'],
      ["ended", 500, "stripe:evt_1", "license.follow-payment", '{"expires_at":1,"subscription_state":"ended"}'],
      ["revoked", 500, "token:adm_1", "license.revoke", "{}"],
    ];
    await env.DB.batch(
      acts.map(([id, days, actor, action, details]) => entry.bind(id, now - days * DAY, actor, action, details)),
    );
    const remove = (id: string) => env.DB.prepare("DELETE FROM audit WHERE id = ?").bind(id).run();
    for (const [id] of acts.slice(3)) await expect(remove(id)).rejects.toThrow("append-only");
    await forgetOldRows(env.DB, now);
    const { results } = await env.DB.prepare("SELECT id FROM audit ORDER BY rowid").all<{ id: string }>();
    expect(results.map(({ id }) => id)).toEqual(acts.slice(3).map(([id]) => id));
  });

  it("are removed in one minute of each day", () => {
    const minutes = Array.from({ length: 24 * 60 }, (_, minute) => 1_800_000_000 + minute * 60);
    expect(minutes.filter(isRetentionTime)).toHaveLength(1);
  });
});
