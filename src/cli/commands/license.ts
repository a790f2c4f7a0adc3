import * as z from "zod";
import { PLAN_IDS } from "../../domain/licensing/plans.ts";
import { amountWithCode } from "../../lib/money.ts";
import { path } from "../catalog-client.ts";
import type { CatalogCommand, PageOptions } from "../command.ts";
import { agreed, type ConsentOptions, withConsent } from "../consent.ts";
import { CliError, EXIT } from "../errors.ts";
import { moment, positiveInteger } from "../input.ts";
import { LICENSE, LicenseAnswer, postOnce, REASON, showLicense } from "../license-answer.ts";
import { formatLicense, License } from "../license-view.ts";
import { addLicenseImport } from "./license-import.ts";

const RefundAnswer = z.looseObject({
  license: License,
  refund: z.object({ amount: z.number(), currency: z.string().nullable(), outside: z.number().optional() }),
});

const EraseAnswer = z.looseObject({ licenses: z.array(z.string()), customers: z.array(z.string()) });

/** The fields that an admin sets when issuing a license, and amends later. */
type FieldOptions = {
  plan?: string;
  email?: string;
  machines?: number;
  expires?: string;
  note?: string;
  versions?: string;
  worker?: string[];
  updatesUntil?: string;
};
type ListOptions = PageOptions & { query?: string; status?: string; plan?: string };
type ChangeOptions = ConsentOptions & { reason: string; until?: string; days?: number; cancelSubscription?: boolean };

/** Adds `license`, the admin's commands for licenses. */
export function addLicenseCommands(program: CatalogCommand): void {
  const license = program.command("license").description("Issues, finds and changes licenses.");
  addIssuing(license);
  addLicenseImport(license);
  addFinding(license);
  addChanges(license);
}

function addIssuing(license: CatalogCommand): void {
  license
    .command("issue")
    .summary("issue a license and print its key")
    .description("Issues a license without a purchase, and prints its key.")
    .requiredOption("--plan <plan>", PLAN_IDS.join(", "))
    .requiredOption("-e, --email <address>", "the owner's email")
    .option("-m, --machines <n>", "machine limit (default: the plan's)", positiveInteger)
    .option("--expires <when>", `${WHEN}, or ${NEVER} (default: the plan's)`, momentOr(NEVER))
    .option("--note <text>", "a note for admins")
    .option("--versions <range>", "semver range, such as <3.0.0 (default: the plan's)")
    .option("-w, --worker <id...>", "workers, such as llm-worker-* (default: the plan's)")
    .option("--updates-until <when>", `${WHEN}, or ${ALWAYS} (default: the plan's)`, momentOr(ALWAYS))
    .addHelpText("after", "\nExample:\n  $ rbee-catalog license issue --plan premium-trial --email ada@example.com")
    .runAsAdmin(async (context, options: FieldOptions) => {
      showLicense(context, await postOnce(context, "/v1/admin/licenses", fieldsOf(options)));
    });

  license
    .command("amend")
    .summary("correct a license")
    .description("Corrects a license in one step. Fields that you leave out stay as they are.")
    .argument(...LICENSE)
    .requiredOption(...REASON)
    .option("--plan <plan>", "another plan, with its rights; the end stays")
    .option("-e, --email <address>", "new owner: gets a new key by email; the old owner is told")
    .option("-m, --machines <n>", "machine limit", positiveInteger)
    .option("--expires <when>", `${WHEN}, or ${NEVER}`, momentOr(NEVER))
    .option("--note <text>", 'a note for admins; "" removes it')
    .option("--versions <range>", "semver range, such as <3.0.0")
    .option("-w, --worker <id...>", "the workers that it covers, such as llm-worker-*")
    .option("--updates-until <when>", `${WHEN}, or ${ALWAYS}`, momentOr(ALWAYS))
    .addHelpText("after", "\nExample:\n  $ rbee-catalog license amend lic_... --machines 8 --reason 'goodwill'")
    .runAsAdmin(async (context, id: string, { reason, ...options }: FieldOptions & { reason: string }) => {
      if (Object.values(options).every((value) => value === undefined)) {
        throw new CliError(EXIT.usage, "Name at least one field to amend, such as --machines.");
      }
      const body = { reason, ...fieldsOf(options) };
      const answer = await postOnce(context, path`/v1/admin/licenses/${id}/amend`, body);
      showLicense(context, answer);
      if (options.email !== undefined) context.note(`The new key is being emailed to ${options.email}.`);
    });
}

function addFinding(license: CatalogCommand): void {
  license
    .command("list")
    .paged()
    .summary("find licenses")
    .description("Lists licenses, newest first.")
    .option("--query <text>", "part of an email, an invoice number, or any id of ours or Stripe's")
    .option("-s, --status <status>", "active, suspended, revoked or expired")
    .option("--plan <plan>", "licenses of this plan")
    .runAsAdmin(({ list }, { query: q, ...options }: ListOptions) => {
      const expires = (license: Record<string, unknown>) => license["expires_at"] ?? "never";
      const columns = { LICENSE: "id", STATUS: "status", PLAN: "plan", EMAIL: "email", EXPIRES: expires };
      return list("/v1/admin/licenses", "licenses", columns, { ...options, q });
    });

  license
    .command("show")
    .summary("show a license with its machines and payments")
    .argument(...LICENSE)
    .runAsAdmin(async (context, id: string) => {
      showLicense(context, await context.client.json(LicenseAnswer, { path: path`/v1/admin/licenses/${id}` }));
    });
}

function addChanges(license: CatalogCommand): void {
  const commandWithReason = (verb: string, summary: string): CatalogCommand =>
    license
      .command(verb)
      .summary(summary)
      .argument(...LICENSE)
      .requiredOption(...REASON);

  const change = (verb: string, summary: string, question?: string): CatalogCommand => {
    const command = commandWithReason(verb, summary);
    if (question !== undefined) withConsent(command);
    return command.runAsAdmin(async (context, id: string, options: ChangeOptions) => {
      const { reason, until, days, cancelSubscription } = options;
      const query = { act: verb, cancel_subscription: cancelSubscription };
      const preview = { path: path`/v1/admin/licenses/${id}/preview`, query };
      if (question !== undefined && !(await agreed(context, { preview, question, isFinal: false }, options))) return;
      const body = { reason, expires_at: until, days, cancel_subscription: cancelSubscription };
      showLicense(context, await postOnce(context, path`/v1/admin/licenses/${id}/${verb}`, body));
    });
  };

  /** Adds an act that cannot be undone. The catalog itself makes it idempotent. */
  const final = <Answer>(
    verb: string,
    summary: string,
    question: string,
    schema: z.ZodType<Answer>,
    render: (answer: Answer) => string,
  ) =>
    withConsent(commandWithReason(verb, summary)).runAsAdmin(async (context, id: string, options: ChangeOptions) => {
      const preview = { path: path`/v1/admin/licenses/${id}/preview`, query: { act: verb } };
      if (!(await agreed(context, { preview, question, isFinal: true }, options))) return;
      const { reason } = options;
      context.show(await context.client.post(schema, path`/v1/admin/licenses/${id}/${verb}`, { reason }), render);
    });

  change("revoke", "revoke a license: it stops working everywhere", "Revoke it?").option(
    "--cancel-subscription",
    "also cancel its subscription at Stripe, without a refund",
  );
  change("suspend", "put a license on hold", "Suspend it?");
  change("reinstate", "undo a suspension, or a revocation (owners only)");
  change("extend", "move the end of a license")
    .option("--until <when>", `the new end: ${WHEN}`, (text) => moment(text))
    .option("--days <n>", "days after its end, or after now if it has expired", positiveInteger)
    .hook("preAction", (command) => {
      const { until, days } = command.opts<ChangeOptions>();
      if ((until === undefined) === (days === undefined)) {
        throw new CliError(EXIT.usage, "Give either --until or --days.");
      }
    });
  change("rotate-key", "replace a leaked key; the old one stops working", "Replace the key?");
  final(
    "refund",
    "refund the last payment, end the subscription and revoke",
    "Refund and revoke it?",
    RefundAnswer,
    formatRefund,
  );
  final(
    "erase",
    "erase the owner's personal data and end all of their licenses (owners only)",
    "Erase it forever?",
    EraseAnswer,
    formatErased,
  );
}

const WHEN = "date, RFC 3339 time, or 30d";

const NEVER = "never";
const ALWAYS = "always";

/** Parses a time, or a word for no limit. */
const momentOr = (word: string) => (text: string) => (text === word ? word : moment(text));

/** The fields of the API. JSON leaves out those that are undefined. */
const fieldsOf = ({ machines, expires, worker, updatesUntil, ...same }: FieldOptions) => ({
  ...same,
  machine_limit: machines,
  expires_at: expires === NEVER ? null : expires,
  entitlements: worker,
  updates_until: updatesUntil === ALWAYS ? null : updatesUntil,
});

function formatErased({ licenses, customers }: z.infer<typeof EraseAnswer>): string {
  if (licenses.length === 0) return "Nothing was left to erase.";
  const erased = `Erased and ended: ${licenses.join(", ")}`;
  return customers.length > 0 ? `${erased}\nDeleted at Stripe: ${customers.join(", ")}` : erased;
}

function formatRefund({ license, refund: { amount, currency, outside = 0 } }: z.infer<typeof RefundAnswer>): string {
  const refunded =
    amount === 0 || currency === null
      ? "Nothing was refunded: nothing was paid, or everything was refunded before."
      : `Refunded: ${amountWithCode(amount, currency)}`;
  const rest =
    outside === 0 || currency === null
      ? ""
      : `\nPaid outside Stripe, to be given back the same way: ${amountWithCode(outside, currency)}`;
  return `${formatLicense(license)}\n\n${refunded}${rest}`;
}
