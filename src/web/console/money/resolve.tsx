import { SOLD_PLANS } from "../../../domain/licensing/plans.ts";
import { type Order, requireOrder } from "../../../domain/purchase/checkout/order.ts";
import {
  type Foreseen,
  foreseeResolution,
  type Resolution,
  resolveOrder,
} from "../../../domain/purchase/checkout/resolve.ts";
import { MachineCount } from "../../../domain/purchase/checkout/start.ts";
import { OrderParams } from "../../../domain/purchase/routes/orders.ts";
import { purchaseScope } from "../../../domain/purchase/sync.ts";
import { MailAddress } from "../../../lib/mail-address.ts";
import { formatAmount } from "../../../lib/money.ts";
import { type Child, Field, Notice, SelectField } from "../../page/kit.ts";
import {
  actRoutes,
  adminActor,
  BRAKED,
  brake,
  type ConsoleContext,
  type Entered,
  may,
  Reason,
  reasonField,
  resultPage,
  settle,
  z,
} from "../kit.ts";
import { licensePath } from "../license/words.tsx";
import { orderInLine, previewResolution } from "./preview.ts";

/** The ways to solve a held order, each with the scope of the same act without an order. */
export const WAYS = [
  { name: "plan", link: "Make a license", scope: "licenses:issue" },
  { name: "license", link: "Give it to a license", scope: "licenses:write" },
  { name: "refund", link: "Refund", scope: "money:refund" },
] as const;

/** Solves an order, and answers with the result. */
async function solve(c: ConsoleContext, id: string, wanted: Resolution, reason: string): Promise<Response> {
  const scope = await purchaseScope(c.env, c.var.config);
  const { license, refund, changes } = await resolveOrder(scope, adminActor(c), id, wanted, reason);
  const edge = await settle(c, changes);
  const given =
    refund === null || refund.currency === null || refund.amount === 0
      ? ""
      : ` The buyer gets ${formatAmount(refund.amount, refund.currency)} back.`;
  return resultPage(c, {
    title: "The order is solved",
    result: <Notice tone="good">The order is solved.{given} The buyer is told by email.</Notice>,
    edge,
    link: license === null ? back(c) : { href: licensePath(license.id), text: "Show the license" },
  });
}

const back = (c: ConsoleContext): { href: string; text: string } =>
  may(c, "money:read")
    ? { href: "/admin/orders?state=held", text: "Show held orders" }
    : { href: "/admin", text: "Continue" };

/** Props that the three acts share. */
const shared = async (c: ConsoleContext, id: string) => {
  const order = await requireOrder(c.env.DB, id);
  return {
    order,
    about: orderInLine(order),
    back: back(c).href,
    foresee: async (wanted: Resolution): Promise<Foreseen> =>
      foreseeResolution(await purchaseScope(c.env, c.var.config), adminActor(c), id, wanted),
  };
};

const DOCS = {
  params: OrderParams,
  missing: ["NOT_FOUND"],
  refusals: ["SERVICE_UNAVAILABLE"],
} as const;

const ANSWERS = {
  200: "The preview; then the result.",
  409: "The form again: the order is not held, or cannot be solved in this way.",
  429: BRAKED,
};

const empty = (text: unknown) => (text === "" ? undefined : text);

const PlanForm = z.object({
  plan: z.enum(SOLD_PLANS, "Choose a plan."),
  machines: z.preprocess(empty, z.coerce.number("Please enter a number.").pipe(MachineCount).optional()),
  email: z.preprocess(empty, z.string().trim().pipe(MailAddress.toLowerCase()).optional()),
  reason: Reason,
});

/** `GET` and `POST /admin/orders/{id}/plan`. */
export const orderPlan = actRoutes("/admin/orders/{id}/plan", {
  ...{ ...DOCS, scope: "licenses:issue", answers: ANSWERS, schema: PlanForm },
  does: "make a license of a held order",
  example: { plan: "premium-lifetime", reason: "the price had lost its lookup key, ticket 4711" },
  actOf: async (c, { id }) => {
    const { order, foresee, ...page } = await shared(c, id);
    return {
      ...page,
      title: "Make a license of this order",
      button: "Make it",
      fields: (entered) => planFields(entered, order),
      preview: async ({ reason, ...wanted }) => previewResolution(await foresee(wanted)),
      carryOut: async ({ reason, ...wanted }) => {
        await brake(c, "issue");
        return solve(c, id, wanted, reason);
      },
    };
  },
});

const planFields = (entered: Entered, order: Order): Child => (
  <>
    <SelectField {...entered("plan")} label="Plan" options={SOLD_PLANS.map((plan) => ({ value: plan, text: plan }))} />
    <Field
      {...entered("machines")}
      label="Machines"
      hint={`Leave it empty for ${order.machines}. It is rounded up to whole blocks.`}
      inputmode="numeric"
    />
    {order.email === null ? (
      <Field
        {...entered("email")}
        label="Buyer's email"
        hint="Stripe knows none. Leave it empty if it does by now."
        type="email"
        autocomplete="off"
      />
    ) : null}
    {reasonField(entered)}
  </>
);

const LicenseForm = z.object({ license: z.string().trim().min(1, "Name a license."), reason: Reason });

/** `GET` and `POST /admin/orders/{id}/license`. */
export const orderLicense = actRoutes("/admin/orders/{id}/license", {
  ...{ ...DOCS, scope: "licenses:write", answers: { ...ANSWERS, 404: "The form again: there is no such license." } },
  schema: LicenseForm,
  does: "give the payment of a held order to a license",
  example: { license: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8", reason: "paid twice for one license, ticket 4711" },
  actOf: async (c, { id }) => {
    const { order, foresee, ...page } = await shared(c, id);
    return {
      ...page,
      title: "Give this payment to a license",
      button: "Give it",
      fields: (entered) => (
        <>
          <Field {...entered("license")} label="License" hint="Its id: lic_..." autocomplete="off" required />
          {reasonField(entered)}
        </>
      ),
      preview: async ({ license }) => previewResolution(await foresee({ license })),
      carryOut: ({ license, reason }) => solve(c, id, { license }, reason),
    };
  },
});

/** `GET` and `POST /admin/orders/{id}/refund`. */
export const orderRefund = actRoutes("/admin/orders/{id}/refund", {
  ...{ ...DOCS, scope: "money:refund", answers: ANSWERS, schema: z.object({ reason: Reason }) },
  does: "refund a held order",
  example: { reason: "the upgrade is impossible, ticket 4711" },
  actOf: async (c, { id }) => {
    const { order, foresee, ...page } = await shared(c, id);
    return {
      ...page,
      title: "Refund this order",
      button: "Refund it",
      dangerous: true,
      preview: async () => previewResolution(await foresee({ refund: true })),
      carryOut: async ({ reason }) => {
        await brake(c, "refund");
        return solve(c, id, { refund: true }, reason);
      },
    };
  },
});
