import type Stripe from "stripe";
import { SOLD_PLANS, type SoldPlanId } from "../../domain/licensing/plans.ts";
import { priceOf, productOf } from "../../domain/purchase/offer.ts";
import { idOf } from "../../domain/purchase/stripe.ts";
import type { CatalogCommand } from "../command.ts";
import { formatMoney } from "../output.ts";

type SyncOptions = { dryRun?: boolean; live?: boolean };
type PlannedSync = { plan: SoldPlanId; steps: SyncStep[] };

/** Adds `plans`, which puts the plans and their prices into a Stripe account. */
export function addPlansCommands(program: CatalogCommand): void {
  const plans = program.command("plans").summary("put the plans on sale in a Stripe account").description("Plans.");

  plans
    .command("sync")
    .summary("create or update the plans' products and prices at Stripe")
    .description(
      "Makes the products and prices of a Stripe account equal to the plans of this checkout, and prints each change. A second " +
        "run changes nothing. A price that differs is replaced; running subscriptions keep the old one.\n\n" +
        "STRIPE_SECRET_KEY in the environment selects the account; STRIPE_API_BASE selects a stand-in on loopback.",
    )
    .option("--dry-run", "print the changes without making them")
    .option("--live", "allow a live key, which changes real prices")
    .addHelpText("after", "\nExample:\n  $ STRIPE_SECRET_KEY=sk_test_... rbee-catalog plans sync --dry-run")
    .run(async ({ env, show }, { dryRun = false, live = false }: SyncOptions) => {
      // Loaded here only, because the SDK loads slowly and no other command needs it.
      const { readPlan, stripeAccount, stripeFailure, takeStep } = await import("../stripe-account.ts");
      const stripe = stripeAccount(env, live);
      const synced: PlannedSync[] = [];
      try {
        for (const plan of SOLD_PLANS) {
          const steps = syncSteps(plan, await readPlan(stripe, plan));
          if (!dryRun) for (const step of steps) await takeStep(stripe, step);
          synced.push({ plan, steps });
        }
      } catch (error) {
        throw stripeFailure(error);
      }
      show({ dry_run: dryRun, plans: synced }, (result) => formatSync(result.plans, dryRun));
    });
}

const formatSync = (synced: PlannedSync[], dryRun: boolean): string =>
  synced
    .flatMap(({ plan, steps }) =>
      steps.length === 0
        ? `${plan}: up to date at Stripe.`
        : steps.map((step) => `${plan}: ${dryRun ? "would " : ""}${describe(step)}`),
    )
    .join("\n");

function describe(step: SyncStep): string {
  switch (step.action) {
    case "create_product":
      return `create product ${step.params.id}, "${step.params.name}"`;
    case "create_price": {
      const { unit_amount = 0, currency, recurring, transform_quantity, transfer_lookup_key } = step.params;
      const interval = recurring ? `a ${recurring.interval}` : "once";
      const terms = `${formatMoney(unit_amount, currency)} ${interval} for every ${transform_quantity?.divide_by} machines`;
      return `create price ${terms}${transfer_lookup_key ? ", replacing the current one" : ""}`;
    }
    case "update_product":
    case "update_price":
      return `${step.action.replace("_", " ")} ${step.id}: ${Object.keys(step.params).join(", ")}`;
    case "archive_price":
      return `archive price ${step.id}; running subscriptions keep it`;
  }
}

/** The objects of one plan at Stripe. */
export type PlanAtStripe = {
  product: Stripe.Product | null;
  /** The price with the plan's lookup key, active or not. */
  price: Stripe.Price | null;
  /** Active former prices of the plan. An interrupted replacement leaves one. */
  outdated: Stripe.Price[];
};

/** One change at Stripe. `id` is the existing object to change. */
export type SyncStep =
  | { action: "create_product"; params: Stripe.ProductCreateParams }
  | { action: "update_product"; id: string; params: Stripe.ProductUpdateParams }
  | { action: "create_price"; params: Stripe.PriceCreateParams }
  | { action: "update_price"; id: string; params: Stripe.PriceUpdateParams }
  | { action: "archive_price"; id: string };

/**
 * Returns the changes that make Stripe's objects equal to the plan's offer; none if they are equal. Stripe cannot
 * change a price: one that differs is replaced, and its lookup key moves to the new one. Running subscriptions keep the
 * old price.
 */
function syncSteps(plan: SoldPlanId, { product, price, outdated }: PlanAtStripe): SyncStep[] {
  const archive = (old: Stripe.Price): SyncStep => ({ action: "archive_price", id: old.id });
  return [...productSteps(plan, product), ...priceSteps(plan, price), ...outdated.map(archive)];
}

function productSteps(plan: SoldPlanId, product: Stripe.Product | null): SyncStep[] {
  const { id, ...wanted } = productOf(plan);
  if (product === null) return [{ action: "create_product", params: { id, ...wanted } }];
  const params = {
    ...(product.name === wanted.name ? {} : { name: wanted.name }),
    ...(product.description === wanted.description ? {} : { description: wanted.description }),
    ...updates(product, wanted),
  };
  return Object.keys(params).length === 0 ? [] : [{ action: "update_product", id, params }];
}

function priceSteps(plan: SoldPlanId, price: Stripe.Price | null): SyncStep[] {
  const wanted = priceOf(plan);
  if (price === null) return [{ action: "create_price", params: wanted }];
  if (!isSold(price, wanted)) {
    const replaced: SyncStep = { action: "create_price", params: { ...wanted, transfer_lookup_key: true } };
    return price.active ? [replaced, { action: "archive_price", id: price.id }] : [replaced];
  }
  const params = updates(price, wanted);
  return Object.keys(params).length === 0 ? [] : [{ action: "update_price", id: price.id, params }];
}

/** The changes to the fields that a product and a price share and Stripe can change. */
const updates = (
  { active, metadata }: Pick<Stripe.Price, "active" | "metadata">,
  wanted: { metadata: { rbee_plan: string } },
): { active?: true; metadata?: Stripe.MetadataParam } => ({
  ...(active ? {} : { active: true }),
  ...(metadata["rbee_plan"] === wanted.metadata.rbee_plan ? {} : { metadata: wanted.metadata }),
});

/** Whether a price equals the wanted one in every field that Stripe cannot change. */
function isSold(price: Stripe.Price, wanted: ReturnType<typeof priceOf>): boolean {
  const { recurring, transform_quantity: packages } = price;
  const interval = "recurring" in wanted ? wanted.recurring.interval : undefined;
  return (
    idOf(price.product) === wanted.product &&
    price.currency === wanted.currency &&
    price.unit_amount === wanted.unit_amount &&
    price.tax_behavior === wanted.tax_behavior &&
    price.billing_scheme === "per_unit" &&
    packages?.divide_by === wanted.transform_quantity.divide_by &&
    packages.round === wanted.transform_quantity.round &&
    recurring?.interval === interval &&
    (recurring === null || (recurring.interval_count === 1 && recurring.usage_type === "licensed"))
  );
}
