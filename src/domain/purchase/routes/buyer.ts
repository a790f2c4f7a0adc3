import { LICENSE_SECURITY } from "../../../platform/http/openapi.ts";
import { ANYONE, type AppContext, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { CREDENTIAL_PROBLEMS, HOLDER, type HolderEnv, readHolder } from "../../licensing/holder.ts";
import type { License } from "../../licensing/license/record.ts";
import { EXAMPLE_LICENSE_KEY, LicenseView, licenseView } from "../../licensing/license/view.ts";
import { readHeldLicense } from "../../licensing/machine/activation.ts";
import { licenseProblem } from "../../licensing/refusal.ts";
import { openBillingPortal } from "../billing-portal.ts";
import { buyerCookie } from "../checkout/buyer.ts";
import { ASK_AGAIN_SECONDS, viewSession } from "../checkout/session.ts";
import { MachineCount, PlanOnSale, startCheckout } from "../checkout/start.ts";
import { endTrialNow } from "../end-trial.ts";

const Body = z
  .object({
    plan: PlanOnSale,
    machines: MachineCount.optional().openapi({
      description:
        "The number of machines, rounded up to the block of machines that the price covers. The default is one block.",
      example: 5,
    }),
    worker: z.string().max(100).optional().openapi({
      description: "The worker that the buyer came from. The page after the payment shows how to install it.",
      example: "llm-worker-rbee-premium-cuda",
    }),
    accepts_terms: z.boolean().optional().openapi({
      description:
        "The buyer has accepted the seller's terms (`/terms`) in your client. The order notes the time and the version.",
      example: true,
    }),
  })
  .strict()
  .openapi("NewCheckout");

/** Beginning a checkout, and its status. */
export const checkout = createRouter();

/**
 * The license that a request's key asks to upgrade, or null without a key. Throws the problems of the credential.
 */
async function upgradedBy(c: AppContext): Promise<License | null> {
  const holder = await readHolder(c);
  if (holder === null) return null;
  if (holder.kind !== "key") {
    throw new Problem({ code: "KEY_INVALID", detail: "An upgrade needs the license key. A token is not enough." });
  }
  const license = await readHeldLicense(c.env.DB, holder);
  if (!license.ok) throw licenseProblem(license.error, c.var.config);
  return license.value;
}

checkout.openapi(
  operation("post", "/v1/checkout", {
    tag: "Purchase",
    summary: "Begin a checkout",
    description:
      "Returns the address of the payment page. The answer sets a cookie. A browser that has it, and comes back from the " +
      "payment page to the success page, sees the license key there and in `GET /v1/checkout/{session_id}`. If another " +
      "browser pays, neither sees the key: it is only mailed. Unknown members are refused.\n\n" +
      "With a license key as the credential, the purchase upgrades that license, and its key and machines stay: one that " +
      "an admin issued, one that has ended, or one with a subscription to another plan. Its old subscription ends with the " +
      "payment, and Stripe credits the unused days. A license that cannot be upgraded is refused before anything is paid.",
    access: { security: [{}, ...LICENSE_SECURITY], refusals: CREDENTIAL_PROBLEMS },
    body: Body,
    answers: {
      201: [
        "Send the buyer to `url`.",
        z
          .object({
            url: z.url().openapi({ example: "https://checkout.stripe.com/c/pay/cs_live_a1B2" }),
            session_id: z.string().openapi({ example: "cs_live_a1B2" }),
            machines: z.number().int().openapi({
              description: "The machines that are paid for: the number asked for, rounded up to whole blocks.",
              example: 5,
            }),
            trial: z.boolean().openapi({
              description:
                "The checkout begins with the plan's free trial. If the address or payment method that the buyer enters has had " +
                "one, the trial ends with the purchase, and the payment page says so before.",
            }),
            no_trial_reason: z.enum(["used", "none", "upgrade"]).nullable().openapi({
              description:
                "`used`: this visitor has had a trial. `none`: the plan has none. `upgrade`: an upgrade is paid at once.",
              example: null,
            }),
          })
          .openapi("Checkout"),
      ],
    },
    refusals: ["LICENSE_REVOKED", "LICENSE_SUSPENDED", "CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { accepts_terms: accepts = false, ...wish } = c.req.valid("json");
    const consent = accepts ? "api" : null;
    const begun = await startCheckout(c, { ...wish, machines: wish.machines, consent, upgrades: await upgradedBy(c) });
    c.header("Cache-Control", "no-store");
    const trial = { trial: begun.trial.offered, no_trial_reason: begun.trial.reason };
    return c.json({ url: begun.url, session_id: begun.sessionId, machines: begun.machines, ...trial }, 201);
  },
);

const CheckoutStatus = z
  .object({
    status: z.enum(["pending", "unknown", "held", "complete", "failed"]).openapi({
      description:
        "`pending`: not paid yet. `unknown`: the payment provider does not answer, so ask again (`Retry-After`). " +
        "`held`: it is paid, no license could be made, and the seller is looking into it.",
    }),
    order: z.string().optional().openapi({
      description: "With `held`: the number of the order, for questions to the seller.",
      example: "ord_01KAG3V9M2E8Q6XW4T1ZB7RNPC",
    }),
    license: LicenseView.optional().openapi({ description: "With `key`, and to the buyer of an upgrade." }),
    key: z
      .string()
      .optional()
      .openapi({
        description:
          "Only with the cookie of `POST /v1/checkout`, after this browser came back from the payment page, and until the " +
          "key is replaced. The key is mailed in any case. An upgrade keeps the key, and does not show it.",
        example: EXAMPLE_LICENSE_KEY,
      }),
    masked_key: z.string().optional().openapi({ example: "rbee_lic_0DJ5…A3CF" }),
  })
  .openapi("CheckoutStatus");

checkout.openapi(
  operation("get", "/v1/checkout/{session_id}", {
    tag: "Purchase",
    summary: "Show the status of a checkout",
    description:
      "Issues the license if the payment provider's message is late. After 30 requests a minute for a checkout " +
      "without a license, the answer is `pending` until that message arrives. The license and its key are " +
      "shown only to the browser that began the checkout and came back from its payment page.",
    access: ANYONE,
    params: z.object({
      session_id: z.string().openapi({ description: "The session, by Stripe's id.", example: "cs_live_a1B2" }),
    }),
    answers: { 200: ["Its status.", CheckoutStatus] },
    refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { view, changes } = await viewSession(c, c.req.valid("param").session_id, {
      cookie: buyerCookie(c),
      returnSecret: undefined,
    });
    await settle(c, changes);
    if (!view) throw new Problem({ code: "NOT_FOUND", detail: "There is no such checkout." });
    c.header("Cache-Control", "no-store");
    if (view.status === "held") return c.json({ status: view.status, order: view.order }, 200);
    if (view.status !== "complete") {
      if (view.status === "unknown") c.header("Retry-After", String(ASK_AGAIN_SECONDS));
      return c.json({ status: view.status }, 200);
    }
    const { license, key, maskedKey } = view;
    const forBuyer = view.showsLicense
      ? { license: licenseView(license, c.var.now), ...(key !== null && { key }) }
      : {};
    return c.json({ status: view.status, ...forBuyer, masked_key: maskedKey }, 200);
  },
);

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

/** `POST /v1/licenses/end-trial`, for the customer of a license, by its key. */
export const trialEnd = createRouter<HolderEnv>();

trialEnd.openapi(
  operation("post", "/v1/licenses/end-trial", {
    tag: "Purchase",
    summary: "End the free trial now",
    description:
      "The first payment is due now instead of at the end of the trial. Then the license has its whole machine limit, and opens " +
      "for machines that have been in a trial before (`TRIAL_USED`). The credential is the license key. If the payment is " +
      "declined, the license is `in_grace` as after any failed payment.",
    access: HOLDER,
    answers: { 200: ["The license after that.", z.object({ license: LicenseView })] },
    refusals: ["CONFLICT", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { holder } = c.var;
    if (holder.kind !== "key") {
      throw new Problem({ code: "KEY_INVALID", detail: "This needs the license key. A token is not enough." });
    }
    const held = await readHeldLicense(c.env.DB, holder);
    if (!held.ok) throw licenseProblem(held.error, c.var.config);
    const { license, changes } = await endTrialNow(c, held.value, actorOf(c, `license:${holder.licenseId}`));
    await settle(c, changes);
    return c.json({ license: licenseView(license, c.var.now) }, 200);
  },
);
