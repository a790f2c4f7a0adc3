import { expect, it } from "vitest";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const { ask, deserted } = await openShop();

it("a checkout is refused with a retry time while Stripe does not answer, and plans are shown without prices", async () => {
  const answer = await ask("POST", "/v1/checkout", { body: { plan: "premium-monthly" }, at: deserted });
  expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "30"]);
  expect(await answer.json()).toMatchObject({ code: "SERVICE_UNAVAILABLE", retry_after: 30 });
  const { plans } = await (await ask("GET", "/v1/plans", { at: deserted })).json<{ plans: { price: unknown }[] }>();
  expect(plans.map(({ price }) => price)).toEqual([null, null]);
  for (const event of ["request.failed", "prices.unreadable"]) expectLogged(event);
});
