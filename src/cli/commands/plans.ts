import {
  DOCTOR_CALLS,
  type Permission,
  permissionInWords,
  permissionsFor,
  SYNC_CALLS,
  WORKER_CALLS,
} from "../../domain/purchase/permissions.ts";
import { amountWithCode } from "../../lib/money.ts";
import type { CatalogCommand } from "../command.ts";
import type { PlanStep } from "../plan-steps.ts";
import type { SyncedAccount } from "../stripe-account.ts";

type SyncOptions = { dryRun?: boolean; live?: boolean; permissions?: boolean };

/** Adds `plans`, which prepares a Stripe account to sell the plans. */
export function addPlansCommands(program: CatalogCommand): void {
  const plans = program.command("plans").description("Prepares a Stripe account to sell the plans.");

  plans
    .command("sync")
    .summary("create or update the plans' prices, the webhook endpoint and the billing portal at Stripe")
    .description(
      "Makes the products and prices of a Stripe account equal to the plans of this checkout, and prints each change. A second " +
        "run changes nothing. A price that differs is replaced; running subscriptions keep the old one.\n\n" +
        "It also makes the webhook endpoint of the catalog that --url names, and the billing portal's configuration. " +
        "The secret of a new endpoint is printed once.\n\n" +
        "STRIPE_SECRET_KEY in the environment selects the account; STRIPE_API_BASE selects a stand-in on loopback.",
    )
    .option("-n, --dry-run", "print the changes without making them")
    .option("--live", "allow a live key, which changes real prices")
    .option("--permissions", "print the permissions that a restricted key needs, without asking Stripe")
    .addHelpText("after", "\nExample:\n  $ STRIPE_SECRET_KEY=sk_test_... rbee-catalog plans sync --dry-run")
    .run(async ({ env, settings, show }, { dryRun = false, live = false, permissions = false }: SyncOptions) => {
      if (permissions) return show(PERMISSIONS, formatPermissions);
      // Loaded here only, because the SDK loads slowly and no other command needs it.
      const { stripeAccount, stripeFailure, syncAccount } = await import("../stripe-account.ts");
      const account = stripeAccount(env, live);
      const synced = await syncAccount(account, settings.url, dryRun).catch((error: unknown) => {
        throw stripeFailure(error);
      });
      show({ dry_run: dryRun, ...synced }, (result) => formatSync(result, dryRun));
    });
}

/** The permissions of a restricted key, by its use. */
const PERMISSIONS = {
  worker: permissionsFor(WORKER_CALLS),
  doctor: permissionsFor(DOCTOR_CALLS),
  sync: permissionsFor(SYNC_CALLS),
};

function formatPermissions({ worker, doctor, sync }: typeof PERMISSIONS): string {
  const list = (title: string, permissions: readonly Permission[]) =>
    [title, ...permissions.map((each) => `  ${permissionInWords(each)} (${each})`)].join("\n");
  return [
    list("The Worker's key, STRIPE_SECRET_KEY:", worker),
    list("The same key, for `rbee-catalog doctor`:", doctor),
    list("The key of `plans sync`, which may be another one:", sync),
  ].join("\n\n");
}

function formatSync({ plans, webhook, portal }: SyncedAccount, dryRun: boolean): string {
  const lines = (subject: string, changes: readonly string[]): string[] =>
    changes.length === 0
      ? [`${subject}: up to date at Stripe.`]
      : changes.map((change) => `${subject}: ${dryRun ? "would " : ""}${change}`);
  const told = [
    ...plans.flatMap(({ plan, steps }) => lines(plan, steps.map(describe))),
    ...(webhook.url === null || (webhook.steps.length === 0 && webhook.faults.length > 0)
      ? []
      : lines(
          "webhook",
          webhook.steps.map((step) => describeWebhook(step, webhook)),
        )),
    ...webhook.faults.map((fault) => `webhook: ${fault}`),
    ...lines(
      "portal",
      portal.steps.map(({ action }) => `${action.replace("_portal", "")} the billing portal's configuration`),
    ),
  ];
  return webhook.secret === null ? told.join("\n") : [...told, "", secretGuide(webhook.secret)].join("\n");
}

/** What to do with the secret of a new endpoint. */
const secretGuide = (secret: string): string => `The secret of the new webhook endpoint. Stripe shows it only now:

  ${secret}

Give it to the Worker:  npx wrangler secret put STRIPE_WEBHOOK_SECRET
If there was another one, set that as STRIPE_WEBHOOK_SECRET_PREVIOUS first. It may be deleted after three days.`;

function describeWebhook(
  { action, ...step }: SyncedAccount["webhook"]["steps"][number],
  { url }: SyncedAccount["webhook"],
): string {
  const id = "id" in step ? step.id : "";
  switch (action) {
    case "create_webhook":
      return `create an endpoint for ${url}`;
    case "update_webhook":
      return `update the events of endpoint ${id}`;
    case "delete_webhook":
      return `delete endpoint ${id}, which has another API version`;
  }
}

function describe(step: PlanStep): string {
  switch (step.action) {
    case "create_product":
      return `create product ${step.params.id}, "${step.params.name}"`;
    case "create_price": {
      const { unit_amount = 0, currency, recurring, transform_quantity, transfer_lookup_key } = step.params;
      const interval = recurring ? `a ${recurring.interval}` : "once";
      const terms = `${amountWithCode(unit_amount, currency)} ${interval} for every ${transform_quantity?.divide_by} machines`;
      return `create price ${terms}${transfer_lookup_key ? ", replacing the current one" : ""}`;
    }
    case "update_product":
    case "update_price":
      return `${step.action.replace("_", " ")} ${step.id}: ${Object.keys(step.params).join(", ")}`;
    case "archive_price":
      return `archive price ${step.id}; running subscriptions keep it`;
  }
}
