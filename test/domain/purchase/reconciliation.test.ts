import { env } from "cloudflare:workers";
import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepEvent } from "../../../src/domain/purchase/events/store.ts";
import { EVENT_TYPES } from "../../../src/domain/purchase/events/types.ts";
import { DAY, HOUR, MINUTE, type UnixSeconds } from "../../../src/lib/time.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { type Checkout, openShop, reconcile } from "../../support/shop.ts";

const { control, deliver, deliverAll, deserted, eventsOf, pay, shopEnv, status, stripe } = await openShop();

/** The stand-in is shared with other tests. Their events are not of this one. */
beforeEach(async () => {
  const events: { id: string }[] = [];
  for await (const { id } of stripe.events.list({ limit: 100 })) events.push({ id });
  await env.DB.prepare(
    `INSERT INTO stripe_events (id, type, created, received_at, handled_at)
     SELECT value ->> 'id', 'elsewhere', 0, 0, 0 FROM json_each(?)`,
  )
    .bind(JSON.stringify(events))
    .run();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** The event of the completed checkout, which fulfils a purchase. */
async function completionOf({ sessionId }: Checkout): Promise<Stripe.Event> {
  const event = (await eventsOf(sessionId)).find(({ type }) => type === "checkout.session.completed");
  if (!event) throw new Error("no event");
  return event;
}

/** The next time after `event` that lies `into` seconds after a multiple of `every` seconds. */
const momentAfter = ({ created }: Stripe.Event, every: number, into = 0): UnixSeconds =>
  Math.ceil(created / every) * every + every + into;

/** The shop with a database on which `interfere` changes some calls. */
function shopWith(interfere: (name: "prepare" | "batch", argument: unknown) => void): Env {
  const db = new Proxy(env.DB, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        if (name === "prepare" || name === "batch") interfere(name, given[0]);
        return member.apply(target, given);
      };
    },
  });
  return { ...shopEnv, DB: db };
}

const broken = (): never => {
  throw new Error("D1_ERROR: Network connection lost.");
};

/** No license can be written. */
const unfulfillable = shopWith((name, what) => {
  if (name === "prepare" && String(what).includes("INSERT INTO licenses")) broken();
});

const licensesOf = ({ sessionId }: Checkout) => count("licenses", `checkout_session_id = '${sessionId}'`);
const watermark = (name: string) =>
  env.DB.prepare("SELECT at, position FROM watermarks WHERE name = ?")
    .bind(name)
    .first<{ at: number; position: string | null }>();

describe("events that never arrived", () => {
  it("are not lost when one cannot be handled, and are retried every minute", async () => {
    const checkout = await pay("premium-lifetime");
    const completion = await completionOf(checkout);
    const at = momentAfter(completion, 10 * MINUTE);
    expect((await reconcile(unfulfillable, at)).failed).toBeGreaterThan(0);
    expect(await licensesOf(checkout)).toBe(0);
    expect((await watermark("stripe-events"))?.at).toBe(at);
    expect(expectLogged("reconciliation.failed")).toContainEqual({
      event: "reconciliation.failed",
      stripe_event: completion.id,
      message: "D1_ERROR: Network connection lost.",
    });
    expect((await reconcile(shopEnv, at + MINUTE)).failed).toBe(0);
    expect(await licensesOf(checkout)).toBe(1);
  });

  it("are listed again after Stripe did not answer, or after they could not be stored", async () => {
    const checkout = await pay("premium-lifetime");
    const at = momentAfter(await completionOf(checkout), 10 * MINUTE);
    const forgetful = shopWith((name, what) => {
      if (name === "prepare" && String(what).includes("INSERT INTO stripe_events")) broken();
    });
    for (const shop of [deserted, forgetful]) {
      expect(await reconcile(shop, at)).toEqual({ events: 0, licenses: 0, failed: 1 });
      expect(await watermark("stripe-events")).toBeNull();
    }
    expectLogged("reconciliation.failed");
    await reconcile(shopEnv, at + 10 * MINUTE);
    expect(await licensesOf(checkout)).toBe(1);
  });

  it("are listed only since an hour before the last time", async () => {
    const checkout = await pay("premium-lifetime");
    const completion = await completionOf(checkout);
    const isKept = () => count("stripe_events", `id = '${completion.id}'`);
    const at = momentAfter(completion, 10 * MINUTE);
    await reconcile(shopEnv, at);
    await env.DB.prepare("DELETE FROM stripe_events WHERE id = ?").bind(completion.id).run();
    await reconcile(shopEnv, at + 2 * DAY);
    expect(await isKept()).toBe(1);
    await env.DB.prepare("DELETE FROM stripe_events WHERE id = ?").bind(completion.id).run();
    await reconcile(shopEnv, at + 2 * DAY + 10 * MINUTE);
    expect(await isKept()).toBe(0);
  });

  it("cost nothing once they are stored", async () => {
    const checkout = await pay("premium-monthly");
    const at = momentAfter(await completionOf(checkout), 10 * MINUTE);
    expect((await reconcile(shopEnv, at)).events).toBeGreaterThan(1);
    const asked: string[] = [];
    const watched = shopWith((name) => asked.push(name));
    expect((await reconcile(watched, at + 10 * MINUTE)).events).toBe(0);
    expect(asked).not.toContain("batch");
    expect(asked.length).toBeLessThan(20);
  });

  it("are handled a hundred in each run when there are many", async () => {
    const checkout = await pay("premium-monthly");
    const completion = await completionOf(checkout);
    for (let n = 0; n < 110; n++) await control(`subscriptions/${checkout.sessionId}/action-required`);
    const at = momentAfter(completion, 10 * MINUTE);
    expect((await reconcile(shopEnv, at)).events).toBe(100);
    const left = await count("stripe_events", "handled_at IS NULL");
    expect(left).toBeGreaterThan(10);
    expect((await reconcile(shopEnv, at + MINUTE)).events).toBe(Math.min(left, 50));
    expect(await licensesOf(checkout)).toBe(1);
  }, 60_000);
});

describe("events that arrived", () => {
  const kept = async (event: Stripe.Event, receivedAt: UnixSeconds) => {
    const object = event.data.object as { id: string };
    await keepEvent(env.DB, { ...event, object_id: object.id }, receivedAt);
  };

  it("and were not handled are handled a minute later, and not earlier", async () => {
    const checkout = await pay("premium-lifetime");
    const completion = await completionOf(checkout);
    const at = momentAfter(completion, 10 * MINUTE, MINUTE);
    await kept(completion, at);
    expect((await reconcile(shopEnv, at)).events).toBe(0);
    expect((await reconcile(shopEnv, at + MINUTE)).events).toBe(1);
    expect(await licensesOf(checkout)).toBe(1);
  });

  it("are left for later after the first one for which Stripe does not answer", async () => {
    const checkout = await pay("premium-monthly");
    const isOurs = ({ type }: Stripe.Event) => EVENT_TYPES.some((ours) => ours === type);
    const events = (await eventsOf(checkout.sessionId)).filter(isOurs);
    expect(events.length).toBeGreaterThan(1);
    const at = momentAfter(await completionOf(checkout), 10 * MINUTE, MINUTE);
    for (const event of events) await kept(event, at - HOUR);
    expect(await reconcile(deserted, at)).toEqual({ events: 0, licenses: 0, failed: 1 });
    expect(await count("stripe_events", "attempts > 0")).toBe(1);
    expectLogged("reconciliation.failed");
    expect((await reconcile(shopEnv, at + MINUTE)).events).toBe(events.length);
  });

  it("and need attention are handled again after six hours, until their cause is fixed", async () => {
    const checkout = await pay("premium-lifetime");
    const completion = await completionOf(checkout);
    const at = momentAfter(completion, HOUR, 35 * MINUTE);
    await kept(completion, at - HOUR);
    const set = env.DB.prepare("UPDATE stripe_events SET handled_at = ?, attention = 1, outcome = ? WHERE id = ?");
    await set.bind(at - HOUR, "unknown price price_x", completion.id).run();
    expect((await reconcile(shopEnv, at + 4 * HOUR)).events).toBe(0);
    expect((await reconcile(shopEnv, at + 5 * HOUR)).events).toBe(1);
    expect(await licensesOf(checkout)).toBe(1);
    expect(await count("stripe_events", "attention = 1")).toBe(0);
  });

  it("twenty times at once do not cause twenty writes to KV", async () => {
    const checkout = await pay("premium-lifetime");
    const completion = await completionOf(checkout);
    let writes = 0;
    const edge = new Proxy(env.EDGE, {
      get: (kv, name) => {
        if (name === "put") writes++;
        const member: unknown = Reflect.get(kv, name);
        return typeof member === "function" ? member.bind(kv) : member;
      },
    });
    const at = { ...shopEnv, EDGE: edge };
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(completion, at)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200));
    expect(await licensesOf(checkout)).toBe(1);
    expect(writes).toBeGreaterThan(0);
    expect(writes).toBeLessThan(5);
    expect(await count("outbox")).toBe(0);
  });
});

describe("at night, every subscription", () => {
  /** A subscription that has ended without an event, and the night after it. */
  async function endedInSilence(): Promise<{ checkout: Checkout; id: string; night: UnixSeconds }> {
    const checkout = await pay("premium-monthly");
    await deliverAll(checkout.sessionId);
    await control(`subscriptions/${checkout.sessionId}/cancel`);
    const { license } = await status(checkout);
    const night = momentAfter(await completionOf(checkout), DAY, 3 * HOUR);
    return { checkout, id: license?.id ?? "", night };
  }

  const stateOf = (id: string) =>
    env.DB.prepare("SELECT subscription_state FROM licenses WHERE id = ?").bind(id).first<string>("subscription_state");

  /** Licenses before `id` with subscriptions that Stripe does not know. */
  async function addLicensesBefore(id: string, howMany: number): Promise<void> {
    const { results } = await env.DB.prepare("SELECT * FROM licenses WHERE id = ?")
      .bind(id)
      .all<Record<string, string | number | null>>();
    const [row] = results;
    if (!row) throw new Error("no license");
    const columns = Object.keys(row);
    const insert = env.DB.prepare(`INSERT INTO licenses (${columns.join()}) VALUES (${columns.map(() => "?").join()})`);
    const made = Array.from({ length: howMany }, (_, n) => ({
      ...row,
      id: `lic_${String(n).padStart(26, "0")}`,
      status_index: Number(row["status_index"]) + 1 + n,
      checkout_session_id: `cs_${n}`,
      stripe_subscription_id: `sub_nobody_knows_${n}`,
    }));
    await env.DB.batch(made.map((license) => insert.bind(...Object.values(license))));
  }

  it("is synced once, between three and six", async () => {
    const { id, night } = await endedInSilence();
    expect((await reconcile(shopEnv, night - MINUTE)).licenses).toBe(0);
    expect((await reconcile(shopEnv, night + 3 * HOUR + MINUTE)).licenses).toBe(0);
    expect(await stateOf(id)).not.toBe("ended");
    expect((await reconcile(shopEnv, night + MINUTE)).licenses).toBe(1);
    expect(await stateOf(id)).toBe("ended");
    expect(await watermark("subscriptions")).toEqual({ at: night + MINUTE, position: null });
    await env.DB.prepare("UPDATE licenses SET subscription_state = 'active' WHERE id = ?").bind(id).run();
    expect((await reconcile(shopEnv, night + 2 * MINUTE)).licenses).toBe(0);
    expect((await reconcile(shopEnv, night + DAY + MINUTE)).licenses).toBe(1);
  });

  it("is synced however many come before it, even if those fail", async () => {
    const { id, night } = await endedInSilence();
    await addLicensesBefore(id, 60);
    expect(await reconcile(shopEnv, night + MINUTE)).toEqual({ events: 0, licenses: 0, failed: 50 });
    expect(await reconcile(shopEnv, night + 2 * MINUTE)).toEqual({ events: 0, licenses: 1, failed: 10 });
    expect(expectLogged("reconciliation.failed")).toHaveLength(60);
    expect(await stateOf(id)).toBe("ended");
  });

  it("is synced in the next night when one night is too short", async () => {
    const { id, night } = await endedInSilence();
    await addLicensesBefore(id, 60);
    await reconcile(shopEnv, night + 3 * HOUR - MINUTE);
    expect((await reconcile(shopEnv, night + 3 * HOUR + MINUTE)).failed).toBe(0);
    expectLogged("reconciliation.failed");
    expect((await reconcile(shopEnv, night + DAY + MINUTE)).licenses).toBe(1);
    expect(await stateOf(id)).toBe("ended");
  });

  it("waits until Stripe answers", async () => {
    const { id, night } = await endedInSilence();
    await addLicensesBefore(id, 2);
    expect(await reconcile(deserted, night + MINUTE)).toEqual({ events: 0, licenses: 0, failed: 1 });
    expectLogged("reconciliation.failed");
    expect((await reconcile(shopEnv, night + 2 * MINUTE)).licenses).toBe(1);
  });
});
