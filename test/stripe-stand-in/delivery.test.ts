import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startStandIn } from "../../scripts/stripe-stand-in/start.ts";
import { API_KEY, type Bench, startBench, stripeFor, WEBHOOK_SECRET } from "./harness.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const make = (email: string) => bench.stripe.customers.create({ email });
/** Waits for the due deliveries. */
const settle = () => bench.control("clock/advance", { seconds: 1 });
const addresses = () => bench.endpoint.events.map(({ data }) => Reflect.get(data.object, "email"));
const undelivered = async () => (await bench.stripe.events.list({ delivery_success: false })).data.map(({ id }) => id);

describe("deliveries", () => {
  test("arrive once and in order, and the event then counts as delivered", async () => {
    for (const email of ["a@x.example", "b@x.example", "c@x.example"]) await make(email);
    await settle();
    expect(addresses()).toEqual(["a@x.example", "b@x.example", "c@x.example"]);
    expect(await undelivered()).toEqual([]);
    const event = bench.endpoint.events[0];
    expect(event).toMatchObject({ api_version: "2026-10-28.endive", livemode: false, object: "event" });
    expect((await bench.stripe.events.retrieve(event?.id ?? "")).pending_webhooks).toBe(0);
  });

  test("are retried after a failure, with growing waits", async () => {
    bench.endpoint.answers.push(500, 503);
    await make("retry@x.example");
    await settle();
    expect(bench.endpoint.events).toHaveLength(1);
    expect(await undelivered()).toHaveLength(1);
    await bench.control("clock/advance", { seconds: 3 });
    await bench.control("clock/advance", { seconds: 6 });
    expect(bench.endpoint.events).toHaveLength(3);
    expect(new Set(bench.endpoint.events.map(({ id }) => id)).size).toBe(1);
    expect(await undelivered()).toEqual([]);
  });

  test("end after three days, and the event stays in the list", async () => {
    bench.endpoint.answers.push(...Array.from({ length: 100 }, () => 500));
    await make("lost@x.example");
    for (let day = 0; day < 15; day += 1) await bench.control("clock/advance", { days: 1 });
    const attempts = bench.endpoint.events.length;
    expect(attempts).toBe(13);
    await bench.control("clock/advance", { days: 5 });
    expect(bench.endpoint.events).toHaveLength(attempts);
    expect(await undelivered()).toHaveLength(1);
  });

  test("can be dropped, found in the list, and sent again", async () => {
    await bench.control("deliveries", { mode: "drop", count: 2 });
    for (const email of ["a@x.example", "b@x.example", "c@x.example"]) await make(email);
    await settle();
    expect(addresses()).toEqual(["c@x.example"]);
    expect(await undelivered()).toHaveLength(2);
    expect(await bench.control("deliveries/resend", { event: "missed" })).toEqual({ sent: 2 });
    expect(addresses()).toEqual(["c@x.example", "a@x.example", "b@x.example"]);
    expect(await undelivered()).toEqual([]);
  });

  test("can be repeated", async () => {
    await bench.control("deliveries", { mode: "repeat", copies: 20, count: 1 });
    await make("many@x.example");
    await make("one@x.example");
    await settle();
    expect(addresses().filter((address) => address === "many@x.example")).toHaveLength(20);
    expect(addresses().filter((address) => address === "one@x.example")).toHaveLength(1);
  });

  test("can be delayed on the stand-in's clock", async () => {
    await bench.control("deliveries", { mode: "delay", seconds: 3600 });
    await make("late@x.example");
    await bench.control("clock/advance", { seconds: 3500 });
    expect(addresses()).toEqual([]);
    await bench.control("clock/advance", { seconds: 200 });
    expect(addresses()).toEqual(["late@x.example"]);
  });

  test("of one change can be reversed", async () => {
    await bench.control("deliveries", { mode: "reorder" });
    const { data } = await bench.stripe.prices.list({ lookup_keys: ["premium-monthly"] });
    const session = await bench.stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: data[0]?.id ?? "", quantity: 1 }],
      success_url: "https://catalog.test/",
    });
    await bench.control(`payments/${session.id}/pay`, {});
    expect(bench.endpoint.types()[0]).toBe("checkout.session.completed");
    expect(bench.endpoint.types().at(-1)).toBe("customer.created");
  });
});

describe("the list of events", () => {
  test("can be filtered by type and time, and has pages", async () => {
    const started = Math.floor(Date.now() / 1000);
    for (let n = 0; n < 5; n += 1) await make(`${n}@x.example`);
    await bench.stripe.products.create({ name: "A" });
    const types = ["customer.created"];
    const all: string[] = [];
    for await (const { type } of bench.stripe.events.list({ types, limit: 2, created: { gte: started } }))
      all.push(type);
    expect(all).toEqual(Array.from({ length: 5 }, () => "customer.created"));
    expect((await bench.stripe.events.list({ type: "product.*" })).data).toHaveLength(1);
    expect((await bench.stripe.events.list({ created: { gt: started + 100 } })).data).toEqual([]);
    await bench.control("clock/advance", { days: 31 });
    expect((await bench.stripe.events.list()).data).toEqual([]);
  });
});

test("the control API lists its calls, each with an example", async () => {
  const { calls } = await bench.control<{ calls: Record<string, string>[] }>("");
  expect(calls.length).toBeGreaterThan(15);
  for (const call of calls) {
    expect(Object.keys(call).sort()).toEqual(["description", "example", "method", "path"]);
    expect(call["example"]).toContain(`${bench.standIn.controlUrl}/`);
  }
  await expect(bench.control("nonsense", {})).rejects.toThrow("404");
  await expect(bench.control("deliveries", { mode: "sideways" })).rejects.toThrow("400");
});

test("the state survives a restart, decimals and clock included", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stand-in-"));
  const options = {
    port: 0,
    apiKey: API_KEY,
    webhookSecret: WEBHOOK_SECRET,
    webhookUrl: null,
    statePath: join(folder, "stripe.json"),
  };
  try {
    const first = await startStandIn(options);
    const { id } = await stripeFor(first.apiBase).customers.create({ email: "kept@x.example" });
    await fetch(`${first.controlUrl}/clock/advance`, { method: "POST", body: '{"days": 2}' });
    await first.close();
    const second = await startStandIn(options);
    const stripe = stripeFor(second.apiBase);
    expect(await stripe.customers.retrieve(id)).toMatchObject({ email: "kept@x.example" });
    const { data } = await stripe.prices.list();
    expect(data.map((price) => String(price.unit_amount_decimal)).sort()).toEqual(["27900", "9900"]);
    const { created } = await stripe.customers.create({});
    expect(created - Date.now() / 1000).toBeGreaterThan(2 * 86_400 - 10);
    await second.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});
