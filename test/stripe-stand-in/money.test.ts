import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { buy, startBench, subscribe } from "./harness.ts";

const bench = await startBench();
afterAll(() => bench.close());
beforeEach(() => {
  bench.endpoint.events.length = 0;
});

async function paidCharge() {
  const { id, payment_intent } = await buy(bench, "premium-lifetime");
  if (typeof payment_intent !== "string") throw new Error("nothing was paid");
  const { data } = await bench.stripe.charges.list({ payment_intent });
  bench.endpoint.events.length = 0;
  return { session: id, payment_intent, charge: data[0]?.id ?? "" };
}

describe("refunds", () => {
  test("add up on the charge and never exceed the payment", async () => {
    const { charge, payment_intent } = await paidCharge();
    await bench.stripe.refunds.create({ charge, amount: 7900 });
    expect(await bench.stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 7900, refunded: false });
    await bench.stripe.refunds.create({ payment_intent });
    expect(await bench.stripe.charges.retrieve(charge, { expand: ["refunds"] })).toMatchObject({
      amount_refunded: 27900,
      refunded: true,
      refunds: { data: [{ amount: 20000 }, { amount: 7900 }] },
    });
    await expect(bench.stripe.refunds.create({ charge })).rejects.toMatchObject({ code: "charge_already_refunded" });
    expect((await bench.stripe.refunds.list({ charge })).data).toHaveLength(2);
  });

  test("emit events of the charge and the refund; a failed refund restores the charge", async () => {
    const { session, charge } = await paidCharge();
    const refund = await bench.control<{ id: string }>("refunds", { session });
    expect(bench.endpoint.types()).toEqual([
      "charge.refunded",
      "refund.created",
      "refund.updated",
      "charge.refund.updated",
    ]);
    await bench.control(`refunds/${refund.id}/fail`, {});
    expect(bench.endpoint.types().slice(4)).toEqual(["refund.updated", "charge.refund.updated", "refund.failed"]);
    expect(await bench.stripe.refunds.retrieve(refund.id)).toMatchObject({ status: "failed", charge });
    expect(await bench.stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 0, refunded: false });
  });

  test("apply to the last charge of a subscription, and fail during its trial", async () => {
    const paying = await subscribe(bench);
    expect(await bench.control("refunds", { subscription: paying.id })).toMatchObject({
      amount: 9900,
      currency: "usd",
    });
    const trying = await subscribe(bench, 14);
    await expect(bench.control("refunds", { subscription: trying.id })).rejects.toThrow("nothing was paid");
  });
});

describe("disputes", () => {
  test.each(["won", "lost"] as const)("withdraw the money when opened, and can be %s", async (status) => {
    const { session, charge } = await paidCharge();
    const dispute = await bench.control<{ id: string }>("disputes", { session });
    expect(await bench.stripe.disputes.retrieve(dispute.id)).toMatchObject({ charge, status: "needs_response" });
    await bench.control(`disputes/${dispute.id}/close`, { status });
    expect((await bench.stripe.disputes.list({ charge })).data).toMatchObject([{ status }]);
    expect(bench.endpoint.types()).toEqual([
      "charge.dispute.created",
      "charge.dispute.funds_withdrawn",
      "charge.dispute.updated",
      "charge.dispute.closed",
      ...(status === "won" ? ["charge.dispute.funds_reinstated"] : []),
    ]);
    await expect(bench.control(`disputes/${dispute.id}/close`, { status })).rejects.toThrow("is closed");
  });

  test("refuse a refund until they are won; an inquiry does not", async () => {
    const lost = await paidCharge();
    const { id } = await bench.control<{ id: string }>("disputes", { session: lost.session });
    const disputed = { code: "charge_disputed", statusCode: 400 };
    await expect(bench.stripe.refunds.create({ charge: lost.charge })).rejects.toMatchObject(disputed);
    await bench.control(`disputes/${id}/close`, { status: "lost" });
    await expect(bench.stripe.refunds.create({ charge: lost.charge })).rejects.toMatchObject(disputed);
    const won = await paidCharge();
    const dispute = await bench.control<{ id: string }>("disputes", { session: won.session });
    await bench.control(`disputes/${dispute.id}/close`, { status: "won" });
    expect(await bench.stripe.refunds.create({ charge: won.charge })).toMatchObject({ status: "succeeded" });
    const asked = await paidCharge();
    await bench.control("disputes", { session: asked.session, inquiry: true });
    expect(await bench.stripe.refunds.create({ charge: asked.charge })).toMatchObject({ status: "succeeded" });
  });

  test("an inquiry takes no money and ends as warning_closed", async () => {
    const { charge } = await paidCharge();
    const inquiry = await bench.control<{ id: string; status: string }>("disputes", { charge, inquiry: true });
    expect(inquiry.status).toBe("warning_needs_response");
    await expect(bench.control(`disputes/${inquiry.id}/close`, { status: "won" })).rejects.toThrow("warning_closed");
    await bench.control(`disputes/${inquiry.id}/close`, { status: "warning_closed" });
    expect(bench.endpoint.types()).not.toContain("charge.dispute.funds_withdrawn");
  });
});
