import * as z from "zod";
import { amountWithCode } from "../../lib/money.ts";
import { path } from "../catalog-client.ts";
import type { CatalogCommand } from "../command.ts";
import { agreed, type ConsentOptions, withConsent } from "../consent.ts";
import { CliError, EXIT } from "../errors.ts";
import { positiveInteger } from "../input.ts";
import { REASON } from "../license-answer.ts";
import { formatLicense, License } from "../license-view.ts";
import { formatFields } from "../output.ts";

const Order = z.looseObject({
  id: z.string(),
  state: z.string(),
  amount_total: z.number().nullable(),
  currency: z.string().nullable(),
  upgrades: z.string().nullable(),
  held_at: z.string().nullable(),
  held_reason: z.string().nullable(),
  held_detail: z.string().nullable(),
  resolved_at: z.string().nullable(),
  resolution: z.string().nullable(),
});

const OrderAnswer = z.looseObject({ order: Order });

const Resolved = z.looseObject({
  order: Order,
  license: License.nullable(),
  refund: z.looseObject({ amount: z.number(), currency: z.string().nullable() }).nullable(),
});

type ResolveOptions = {
  reason: string;
  plan?: string;
  machines?: number;
  email?: string;
  license?: string;
  refund?: true;
};

const ORDER = ["<order>", "the order's id (ord_...) or its checkout's (cs_...)"] as const;

/** Adds `orders show` and `orders resolve`, the commands for one order. */
export function addOrderCommands(orders: CatalogCommand): void {
  orders
    .command("show")
    .summary("show an order, and why it is held")
    .description("Shows a checkout with its buyer, its license, and the reason if it is held.")
    .argument(...ORDER)
    .runAsAdmin(async ({ client, show }, id: string) => {
      const answer = await client.json(OrderAnswer, { path: path`/v1/admin/orders/${id}` });
      show(answer, ({ order }) => formatOrder(order));
    });

  withConsent(orders.command("resolve"))
    .summary("solve a held order: by a license or a refund")
    .description(
      "Solves a held order in one of three ways, and emails the buyer. This cannot be undone. If you have fixed the cause, such " +
        "as a price's lookup key, use `events retry` instead.",
    )
    .argument(...ORDER)
    .requiredOption(...REASON)
    .option("--plan <plan>", "make a license of this plan for the payment")
    .option("-m, --machines <n>", "with --plan: machine limit (default: the order's)", positiveInteger)
    .option("-e, --email <address>", "with --plan: the buyer's email, if the order has none")
    .option("--license <id>", "give the payment to this license (lic_...)")
    .option("--refund", "refund the payment, and end its subscription")
    .addHelpText(
      "after",
      `
Example:
  $ rbee-catalog orders resolve ord_... --plan premium-lifetime \\
      --reason 'the price had lost its lookup key'`,
    )
    .runAsAdmin(async (context, id: string, { yes, dryRun, ...options }: ResolveOptions & ConsentOptions) => {
      requireOneWay(options);
      const at = path`/v1/admin/orders/${id}`;
      const { reason: _, ...way } = options;
      const preview = { path: `${at}/preview`, query: { act: "resolve", ...way } };
      const act = { preview, question: "Solve it so?", isFinal: false };
      if (!(await agreed(context, act, { ...(yes && { yes }), ...(dryRun && { dryRun }) }))) return;
      context.show(await context.client.post(Resolved, `${at}/resolve`, options), formatResolved);
    });
}

function requireOneWay({ plan, license, refund, machines, email }: ResolveOptions): void {
  if ([plan, license, refund].filter((way) => way !== undefined).length !== 1) {
    throw new CliError(EXIT.usage, "Give exactly one of --plan, --license and --refund.");
  }
  if (plan === undefined && (machines !== undefined || email !== undefined)) {
    throw new CliError(EXIT.usage, "--machines and --email need --plan.");
  }
}

/** The amount that was paid, with its currency; null if it is not known. */
const paid = ({ amount_total, currency }: z.infer<typeof Order>): string | null =>
  amount_total === null || currency === null ? null : amountWithCode(amount_total, currency);

function formatOrder(order: z.infer<typeof Order>): string {
  const { held_at, held_reason, held_detail, resolved_at, resolution, upgrades } = order;
  return formatFields({
    Order: order.id,
    State: order.state,
    Plan: order["plan"],
    Machines: order["machines"],
    Email: order["email"],
    Total: paid(order),
    License: order["license_id"],
    ...(upgrades === null ? {} : { Upgrades: upgrades }),
    Checkout: order["checkout_session_id"],
    Created: order["created_at"],
    ...(held_at === null ? {} : { Held: held_at, Why: [held_reason, held_detail].filter(Boolean).join(": ") }),
    ...(resolved_at === null ? {} : { Solved: `${resolved_at} (${resolution})` }),
  });
}

function formatResolved({ order, license, refund }: z.infer<typeof Resolved>): string {
  return [
    formatOrder(order),
    ...(license === null ? [] : [formatLicense(license)]),
    ...(refund === null ? [] : [formatRefund(refund)]),
  ].join("\n\n");
}

const formatRefund = ({ amount, currency }: NonNullable<z.infer<typeof Resolved>["refund"]>): string =>
  amount === 0 || currency === null
    ? "Nothing was refunded: nothing was paid, or everything was refunded before."
    : `Refunded: ${amountWithCode(amount, currency)}`;
