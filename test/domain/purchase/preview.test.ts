import { expect, it, vi } from "vitest";
import { permissionsFor, WORKER_CALLS } from "../../../src/domain/purchase/permissions.ts";
import { expectLogged } from "../../support/logged.ts";
import { facts, openShop } from "../../support/shop.ts";

const { bought, control, deliver, eventsOf, shopEnv } = await openShop();

const ALL = permissionsFor(WORKER_CALLS);
const REFUSAL = { error: { type: "invalid_request_error", code: "customer_tax_location_invalid", message: "No." } };

it("a license follows its payments while Stripe cannot calculate the next invoice", async () => {
  const { id, sessionId } = await bought("premium-monthly");
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) =>
    String(input instanceof Request ? input.url : input).includes("/invoices/create_preview")
      ? Promise.resolve(Response.json(REFUSAL, { status: 400 }))
      : real(input, init),
  );
  await control(`subscriptions/${sessionId}/quantity`, { quantity: 20 });
  const event = (await eventsOf(sessionId)).findLast(({ type }) => type === "customer.subscription.updated");
  if (!event) throw new Error("no event");
  // Another key, so that the Worker makes a client with this fetch.
  const at = { ...shopEnv, STRIPE_SECRET_KEY: String((await control("keys", { permissions: ALL }))["key"]) };
  expect((await deliver(event, at)).status).toBe(200);
  expect(expectLogged("stripe.preview_failed")).toHaveLength(1);
  expect(await facts(id)).toMatchObject({ subscription_state: "active", price_amount: 39_600 });
});
