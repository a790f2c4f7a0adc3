import { SOLD_PLANS, type SoldPlanId } from "../../domain/licensing/plans.ts";
import type { CatalogCommand } from "../command.ts";
import { formatMoney } from "../output.ts";
import { type SyncStep, syncSteps } from "../plans/plan-sync.ts";

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
      const { readPlan, stripeAccount, stripeFailure, takeStep } = await import("../plans/stripe-account.ts");
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
