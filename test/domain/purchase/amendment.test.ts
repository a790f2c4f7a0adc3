import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { updateCustomerAddresses } from "../../../src/domain/purchase/customer.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { codeOf, makeToken } from "../../support/admin-request.ts";
import { count, ownerToken } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const { ask, bought, control, deliver, deliverAll, deserted, shopEnv, stripe } = await openShop();

const amend = async (id: string, body: object) =>
  ask("POST", `/v1/admin/licenses/${id}/amend`, {
    body: { reason: "asked for", ...body },
    headers: { Authorization: `Bearer ${await ownerToken()}` },
  });

const read = async (id: string) => {
  const { token } = await makeToken(["licenses:read"]);
  const response = await ask("GET", `/v1/admin/licenses/${id}`, { headers: { Authorization: `Bearer ${token}` } });
  return (await response.json<{ license: Record<string, unknown> & { amendments: object } }>()).license;
};

const subscriptionOf = async (sessionId: string) =>
  String((await stripe.checkout.sessions.retrieve(sessionId)).subscription);

const customerOf = async (sessionId: string) => String((await stripe.checkout.sessions.retrieve(sessionId)).customer);

const emailAtStripe = async (id: string) => {
  const customer = await stripe.customers.retrieve(id);
  return customer.deleted ? null : customer.email;
};

/** The latest event of a type about a customer. */
async function customerUpdated(customer: string) {
  for await (const event of stripe.events.list({ type: "customer.updated", limit: 100 })) {
    if ("id" in event.data.object && event.data.object.id === customer) return event;
  }
  throw new Error("no such event");
}

describe("an amendment of a bought license", () => {
  it("grants machines beyond the paid ones, through renewals and changes of the quantity", async () => {
    const { id, sessionId } = await bought("premium-monthly", 5);
    expect((await amend(id, { machine_limit: 8 })).status).toBe(200);
    await control("clock/advance", { days: 45 });
    await deliverAll(sessionId);
    expect(await read(id)).toMatchObject({
      machine_limit: 8,
      amendments: { machine_limit_paid: 5, machine_limit_floor: 8 },
    });
    const subscription = await stripe.subscriptions.retrieve(await subscriptionOf(sessionId));
    const items = [{ id: String(subscription.items.data[0]?.id), quantity: 15 }];
    await stripe.subscriptions.update(subscription.id, { items });
    await deliverAll(sessionId);
    expect(await read(id)).toMatchObject({ machine_limit: 15, amendments: { machine_limit_paid: 15 } });
    expect(await codeOf(await amend(id, { machine_limit: 14 }))).toBe("CONFLICT");
    expect(await codeOf(await amend(id, { plan: "premium-lifetime" }))).toBe("CONFLICT");
  });

  it("keeps amended rights and the amended end through renewals", async () => {
    const { id, sessionId } = await bought("premium-monthly");
    const wanted = { versions: "<9.0.0", updates_until: "2040-01-01T00:00:00Z", expires_at: "2041-01-01T00:00:00Z" };
    expect((await amend(id, wanted)).status).toBe(200);
    await control("clock/advance", { days: 45 });
    await deliverAll(sessionId);
    expect(await read(id)).toMatchObject(wanted);
  });

  it("becomes another plan once its subscription has ended, and late events leave it so", async () => {
    const { id, sessionId } = await bought("premium-monthly");
    await stripe.subscriptions.cancel(await subscriptionOf(sessionId));
    await deliverAll(sessionId);
    expect(await read(id)).toMatchObject({ status: "expired" });
    expect((await amend(id, { plan: "premium-lifetime", expires_at: null })).status).toBe(200);
    await deliverAll(sessionId);
    expect(await read(id)).toMatchObject({
      ...{ status: "active", plan: "premium-lifetime", machine_limit: 25, versions: "<2.0.0", expires_at: null },
      amendments: { plan_amended: true, machine_limit_paid: null },
    });
  });
});

describe("an amended address", () => {
  it("becomes the customer's at Stripe, and the event about that needs nobody", async () => {
    const { id, sessionId } = await bought("premium-lifetime");
    const customer = await customerOf(sessionId);
    expect((await amend(id, { email: "New@example.com" })).status).toBe(200);
    expect(await read(id)).toMatchObject({ amendments: { customer_email_due: true } });
    await updateCustomerAddresses(shopEnv, currentTime());
    expect(await emailAtStripe(customer)).toBe("new@example.com");
    expect(await read(id)).toMatchObject({ email: "new@example.com", amendments: { customer_email_due: false } });
    expect((await deliver(await customerUpdated(customer))).status).toBe(200);
    expect(await count("stripe_events", "attention = 1")).toBe(0);
  });

  it("waits while Stripe does not answer, or refuses the address, and is given later", async () => {
    const { id, sessionId } = await bought("premium-lifetime");
    await amend(id, { email: "new@example.com" });
    await expect(updateCustomerAddresses(deserted, currentTime())).rejects.toThrow();
    expect(await count("licenses", "customer_email_due = 1")).toBe(1);
    await updateCustomerAddresses(shopEnv, currentTime());
    expect(await emailAtStripe(await customerOf(sessionId))).toBe("new@example.com");
    expect(await count("licenses", "customer_email_due = 1")).toBe(0);
  });

  it("of a customer whom Stripe does not have any more waits for nothing, and without Stripe nobody is asked", async () => {
    const { id, sessionId } = await bought("premium-lifetime");
    await stripe.customers.del(await customerOf(sessionId));
    await amend(id, { email: "new@example.com" });
    await updateCustomerAddresses(env, currentTime());
    expect(await count("licenses", "customer_email_due = 1")).toBe(1);
    await updateCustomerAddresses(shopEnv, currentTime());
    expect(await count("licenses", "customer_email_due = 1")).toBe(0);
  });
});

describe("an address that was changed at Stripe", () => {
  it("is seen by admins, changes no license, and needs nobody once both agree", async () => {
    const { id, sessionId } = await bought("premium-monthly");
    const before = await read(id);
    const customer = await customerOf(sessionId);
    await stripe.customers.update(customer, { email: "accounting@example.com" });
    const event = await customerUpdated(customer);
    expect((await deliver(event)).status).toBe(200);
    const seen = `instr(outcome, '${id} has another address at Stripe') > 0`;
    expect(await count("stripe_events", `attention = 1 AND ${seen}`)).toBe(1);
    expect(await count("stripe_events", "outcome LIKE '%@%'")).toBe(0);
    expect(await read(id)).toEqual(before);

    await amend(id, { email: "accounting@example.com" });
    const retried = await ask("POST", `/v1/admin/stripe-events/${event.id}/retry`, {
      headers: { Authorization: `Bearer ${await ownerToken()}` },
    });
    expect(retried.status).toBe(200);
    expect(await count("stripe_events", "attention = 1")).toBe(0);
  });

  it("that belongs to no license is ignored", async () => {
    const { id } = await stripe.customers.create({ email: "a@example.com" });
    await stripe.customers.update(id, { email: "b@example.com" });
    await deliver(await customerUpdated(id));
    expect(await count("stripe_events", "outcome = 'ignored: a customer without a license'")).toBe(1);
  });
});

it("an address that no mail can be sent to is refused at Stripe as here, and the failure is logged", async () => {
  const { id } = await bought("premium-lifetime");
  await env.DB.prepare("UPDATE licenses SET email = 'no address', customer_email_due = 1 WHERE id = ?").bind(id).run();
  await updateCustomerAddresses(shopEnv, currentTime());
  expectLogged("stripe.customer_address_failed");
  expect(await count("licenses", "customer_email_due = 1")).toBe(1);
});
