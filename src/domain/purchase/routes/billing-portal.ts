import { createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { HOLDER, type HolderEnv } from "../../licensing/holder.ts";
import { readHeldLicense } from "../../licensing/machine/activation.ts";
import { licenseProblem } from "../../licensing/refusal.ts";
import { openBillingPortal } from "../billing-portal.ts";

/** `POST /v1/billing-portal`, for the customer of a license, by its key. */
export const billingPortal = createRouter<HolderEnv>();

billingPortal.openapi(
  operation("post", "/v1/billing-portal", {
    tag: "Purchase",
    summary: "Open the billing portal",
    description:
      "An address where the customer of this license sees invoices, changes the payment method or the number of " +
      "machines, and cancels. The credential is the license key.",
    access: HOLDER,
    answers: {
      200: [
        "The address. It works for a short time.",
        z.object({ url: z.url().openapi({ example: "https://billing.stripe.com/p/session/test_a1B2" }) }),
      ],
    },
    refusals: ["CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { holder } = c.var;
    if (holder.kind !== "key") {
      throw new Problem({
        code: "KEY_INVALID",
        detail: "Billing needs the license key. A token is not enough.",
      });
    }
    const license = await readHeldLicense(c.env.DB, holder);
    if (!license.ok) throw licenseProblem(license.error, c.var.config);
    return c.json({ url: await openBillingPortal(c, license.value) }, 200);
  },
);
