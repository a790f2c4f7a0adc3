import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentTime, DAY, HOUR } from "../../../../src/lib/time.ts";
import { forgetOldRows } from "../../../../src/platform/storage/retention.ts";
import { runCronAndJobs } from "../../../support/jobs.ts";
import { adminAct, count, issueLicense } from "../../../support/license-fixture.ts";
import { expectLogged } from "../../../support/logged.ts";
import { addHook, askWebhooks, deliver, readHook, verified, webhooks } from "../../../support/webhook-fixture.ts";

const LICENSES = { types: ["license.*"] };

/** A license with an act on it for each name, one after another. */
async function acts(...names: ("suspend" | "reinstate" | "revoke")[]): Promise<string> {
  const { id } = await issueLicense();
  for (const name of names) expect((await adminAct(id, name, { reason: name })).status).toBe(200);
  return id;
}

const typesOf = (events: { type: string }[]) => events.map(({ type }) => type);
const numbersOf = (events: { sequence: number }[]) => events.map(({ sequence }) => sequence);

describe("events to a receiver", () => {
  it("on another host of our zone come in through the zone's own rules, and not past them to its origin", () => {
    expect(Cloudflare.compatibilityFlags["global_fetch_strictly_public"]).toBe(true);
  });

  it("are signed, and arrive in their order with the number of the one before", async () => {
    const hook = await addHook(LICENSES);
    const id = await acts("suspend", "reinstate");
    expect(await deliver(hook)).toEqual({ hasMore: false });
    const events = await verified(hook);
    expect(typesOf(events)).toEqual(["license.issue", "license.suspend", "license.reinstate"]);
    expect(events[1]).toEqual({
      id: expect.stringMatching(/^chg_/),
      sequence: expect.any(Number),
      previous_sequence: events[0]?.sequence,
      type: "license.suspend",
      timestamp: expect.stringMatching(/Z$/),
      data: {
        ...{ subject: id, reason: "suspend", details: { admin_state: "suspended" } },
        ...{ actor: expect.stringMatching(/^token:/), request_id: expect.any(String) },
      },
    });
    expect(events.map(({ previous_sequence }) => previous_sequence)).toEqual([null, ...numbersOf(events).slice(0, -1)]);
    expect(await readHook(hook)).toMatchObject({ pending: 0, failed: 0, failing_since: null });
  });

  it("are those after the number that the endpoint names, and only of its types", async () => {
    await acts("suspend");
    const fromStart = await addHook({ types: ["license.suspend", "webhook.add"], after: 0 });
    const everything = await addHook();
    await acts("revoke");
    for (const hook of [fromStart, everything]) await deliver(hook);
    expect(typesOf(await verified(fromStart))).toEqual(["license.suspend", "webhook.add", "webhook.add"]);
    const all = await verified(everything);
    expect(numbersOf(all)).toEqual(all.map((_, at) => (all[0]?.sequence ?? 0) + at));
    expect(typesOf(all)).toContain("license.revoke");
  });

  it("are sent by the cron, to each endpoint for itself", async () => {
    const [first, second] = [await addHook(LICENSES), await addHook(LICENSES)];
    await first.receiver.willAnswer([], { status: 500 });
    await acts("suspend");
    await runCronAndJobs();
    expect(expectLogged("webhook.failing")).toMatchObject([
      { endpoint: first.id, message: "The receiver answered 500." },
    ]);
    expect(typesOf(await verified(second))).toEqual(["license.issue", "license.suspend"]);
    expect(await readHook(first)).toMatchObject({ pending: 2, failing_since: expect.any(String) });
  });
});

describe("a receiver that fails", () => {
  it("gets the same message again, with the same id and body, until it takes it", async () => {
    const hook = await addHook(LICENSES);
    await acts();
    await hook.receiver.willAnswer([
      { status: 500 },
      "cut",
      { status: 302, headers: { Location: "https://example.com" } },
    ]);
    const now = currentTime();
    for (const later of [0, HOUR, 2 * HOUR, 3 * HOUR]) await deliver(hook, { now: now + later });
    expectLogged("webhook.failing");
    expectLogged("webhook.recovered");
    const received = await hook.receiver.received();
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(received.map(({ headers }) => headers["webhook-timestamp"])).toEqual(
      [0, HOUR, 2 * HOUR, 3 * HOUR].map((later) => String(now + later)),
    );
    const { deliveries } = await webhooks<{ deliveries: object[] }>("GET", `/${hook.id}/deliveries`);
    expect(deliveries).toMatchObject([{ state: "delivered", attempts: 4, last_status: 204, last_error: null }]);
  });

  it("and is slow is cut off after the time to answer, and asked again", async () => {
    const hook = await addHook(LICENSES);
    await acts();
    await hook.receiver.willAnswer(["silence"]);
    await deliver(hook, { timeoutMs: 300 });
    expectLogged("webhook.failing");
    const { deliveries } = await webhooks<{ deliveries: object[] }>("GET", `/${hook.id}/deliveries`);
    expect(deliveries).toMatchObject([
      { state: "pending", last_status: null, last_error: "No answer within 0.3 seconds." },
    ]);
    await deliver(hook, { now: currentTime() + HOUR });
    expectLogged("webhook.recovered");
    expect(await readHook(hook)).toMatchObject({ pending: 0 });
  });

  it("keeps the order of the events of a license, and holds up no other license", async () => {
    const hook = await addHook(LICENSES);
    const [blocked, other] = [await acts("suspend", "reinstate"), await acts("revoke")];
    await hook.receiver.willRefuse(blocked);
    const now = currentTime();
    await deliver(hook, { now });
    const of = async (id: string) => typesOf((await verified(hook)).filter(({ data }) => data.subject === id));
    expect(await of(blocked)).toEqual(["license.issue"]);
    expect(await of(other)).toEqual(["license.issue", "license.revoke"]);
    await hook.receiver.willRefuse(null);
    await deliver(hook, { now: now + 10 });
    expect(await of(blocked)).toEqual(["license.issue", "license.issue", "license.suspend", "license.reinstate"]);
  });

  it("loses no event, however long it takes nothing, and gets all of them once it is enabled again", async () => {
    const hook = await addHook(LICENSES);
    await acts("suspend");
    await hook.receiver.willAnswer([], { status: 503 });
    const now = currentTime();
    for (let hour = 0; hour < 6 * 24; hour += 6) await deliver(hook, { now: now + hour * HOUR });
    expectLogged("webhook.failing");
    expect(expectLogged("webhook.disabled")).toMatchObject([{ endpoint: hook.id, message: "failing" }]);
    expect(await readHook(hook)).toMatchObject({ state: "disabled", disabled_by: "failing", pending: 2, failed: 0 });
    expect(await count("audit", "action = 'webhook.disable' AND actor = 'system'")).toBe(1);
    await acts("revoke");
    await hook.receiver.willAnswer([]);
    const before = (await hook.receiver.received()).length;
    await webhooks("POST", `/${hook.id}/enable`, { reason: "repaired" });
    await deliver(hook);
    const events = (await verified(hook)).slice(before);
    expect(typesOf(events).sort()).toEqual(["license.issue", "license.issue", "license.revoke", "license.suspend"]);
    expect(await readHook(hook)).toMatchObject({ state: "enabled", pending: 0, failed: 0 });
  });

  it("for one event alone is given up on that event after ten attempts, and gets it by a replay", async () => {
    const hook = await addHook(LICENSES);
    await hook.receiver.willRefuse(await acts());
    const now = currentTime();
    for (let attempt = 0; attempt < 10; attempt++) {
      await acts();
      await deliver(hook, { now: now + attempt * 2 * DAY });
    }
    expectLogged("webhook.given_up");
    expect(await readHook(hook)).toMatchObject({ state: "enabled", pending: 0, failed: 1 });
    const { deliveries } = await webhooks<{ deliveries: { sequence: number }[] }>(
      "GET",
      `/${hook.id}/deliveries?state=failed`,
    );
    const [failed] = deliveries;
    expect(failed).toMatchObject({ state: "failed", attempts: 10, last_status: 500, next_attempt_at: null });
    await hook.receiver.willRefuse(null);
    expect(await webhooks("POST", `/${hook.id}/replay`, { reason: "mended" })).toEqual({ replayed: 1 });
    await deliver(hook);
    expect((await verified(hook)).at(-1)?.sequence).toBe(failed?.sequence);
    expect(await readHook(hook)).toMatchObject({ pending: 0, failed: 0 });
  });

  it("and answers 410 is disabled at once; 429 with Retry-After is left alone as long as it asks", async () => {
    const [gone, busy] = [await addHook(LICENSES), await addHook(LICENSES)];
    await acts();
    const now = currentTime();
    await gone.receiver.willAnswer([], { status: 410 });
    await busy.receiver.willAnswer([{ status: 429, headers: { "Retry-After": "7200" } }]);
    for (const hook of [gone, busy]) await deliver(hook, { now });
    expectLogged("webhook.failing");
    expect(expectLogged("webhook.disabled")).toMatchObject([{ endpoint: gone.id, message: "gone" }]);
    expect(await readHook(gone)).toMatchObject({ state: "disabled", disabled_by: "gone", pending: 1 });
    for (const later of [HOUR, 7199]) await deliver(busy, { now: now + later });
    expect(await busy.receiver.received()).toHaveLength(1);
    await deliver(busy, { now: now + 7200 });
    expectLogged("webhook.recovered");
    expect(await busy.receiver.received()).toHaveLength(2);
  });
});

describe("deliveries", () => {
  it("that are cut off before they are recorded are sent again: at least once", async () => {
    const hook = await addHook(LICENSES);
    await acts("suspend");
    const dying = new Proxy(env.DB, {
      get: (target, name: keyof D1Database) =>
        name === "batch"
          ? async (statements: D1PreparedStatement[]) => {
              // The first batch queues, the second one records.
              if ((await hook.receiver.received()).length > 0) throw new Error("cut off");
              return target.batch(statements);
            }
          : target[name].bind(target),
    });
    const { deliverTo } = await import("../../../../src/domain/webhooks/delivery/run.ts");
    await expect(deliverTo({ ...env, DB: dying }, hook.id)).rejects.toThrow("cut off");
    await deliver(hook);
    expect(typesOf(await verified(hook))).toEqual(["license.issue", "license.issue", "license.suspend"]);
  });

  it("are queued once when two runs overlap", async () => {
    const hook = await addHook(LICENSES);
    await acts("suspend", "reinstate");
    await Promise.all([deliver(hook), deliver(hook), deliver(hook)]);
    expect(await count("webhook_deliveries")).toBe(3);
    const events = await verified(hook);
    expect(new Set(numbersOf(events)).size).toBe(3);
    expect(await readHook(hook)).toMatchObject({ pending: 0 });
  });

  it("let a receiver prove that it missed nothing", async () => {
    const hook = await addHook(LICENSES);
    for (let n = 0; n < 12; n++) {
      await acts(n % 2 === 0 ? "suspend" : "revoke");
      await hook.receiver.willAnswer(n % 3 === 0 ? [{ status: 500 }] : []);
      await deliver(hook, { now: currentTime() + n * HOUR });
    }
    await deliver(hook, { now: currentTime() + 100 * HOUR });
    expectLogged("webhook.failing");
    expectLogged("webhook.recovered");
    const events = await verified(hook);
    const known = new Set(numbersOf(events));
    const missing = events.filter(({ previous_sequence: previous }) => previous !== null && !known.has(previous));
    expect([known.size, missing]).toEqual([24, []]);
  });

  it("of finished events are deleted after 30 days, and what waits is kept", async () => {
    const hook = await addHook(LICENSES);
    await acts();
    await deliver(hook);
    await acts();
    await hook.receiver.willAnswer([], { status: 500 });
    await deliver(hook);
    expectLogged("webhook.failing");
    expect(await count("webhook_deliveries")).toBe(2);
    await forgetOldRows(env.DB, currentTime() + 29 * DAY);
    expect(await count("webhook_deliveries")).toBe(2);
    await forgetOldRows(env.DB, currentTime() + 31 * DAY);
    expect(await count("webhook_deliveries", "state = 'pending'")).toBe(1);
    expect(await count("webhook_deliveries")).toBe(1);
  });

  it("wait in the trail beyond a thousand of an endpoint", async () => {
    const hook = await addHook();
    await env.DB.prepare(
      `INSERT INTO audit (id, at, actor, action, subject, details)
       SELECT 'chg_' || value, 1, 'system', 'mail.retry', 'mail_1', '{}' FROM json_each(?)`,
    )
      .bind(JSON.stringify(Array.from({ length: 1500 }, (_, at) => at)))
      .run();
    await hook.receiver.willAnswer([], { status: 500 });
    const now = currentTime();
    for (let round = 0; round < 12; round++) await deliver(hook, { now: now + round * DAY * 0.3 });
    expectLogged("webhook.failing");
    const { pending } = await readHook(hook);
    expect(pending).toBeGreaterThanOrEqual(1000);
    expect(pending).toBeLessThan(1200);
  });

  it("of a test go to its endpoint, whatever types it is sent, and to no other of other types", async () => {
    const [hook, other] = [await addHook(LICENSES), await addHook(LICENSES)];
    const answer = await askWebhooks("POST", `/${hook.id}/test`);
    expect(answer.status).toBe(202);
    for (const one of [hook, other]) await deliver(one);
    expect(await verified(hook)).toMatchObject([{ type: "webhook.test", data: { subject: hook.id } }]);
    expect(await other.receiver.received()).toEqual([]);
  });
});
