import { randomUUID } from "node:crypto";
import * as z from "zod";
import { amountWithCode } from "../../lib/money.ts";
import { path } from "../catalog-client.ts";
import type { CatalogCommand, Context, PageOptions } from "../command.ts";
import { CliError, EXIT } from "../errors.ts";
import { moment, positiveInteger } from "../input.ts";
import { formatBarred, formatLicense, formatMachines, License } from "../license-view.ts";

const LicenseAnswer = z.looseObject({
  license: License,
  key: z.string().optional(),
  edge: z.string().optional(),
  warnings: z.array(z.looseObject({ code: z.string(), message: z.string() })).optional(),
});

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
type ChangeOptions = { reason: string; until?: string; days?: number; cancelSubscription?: boolean };

/** Adds `license` and `machine`, the admin's commands for licenses and their machines. */
export function addLicenseCommands(program: CatalogCommand): void {
  const license = program.command("license").summary("issue, find and change licenses").description("Licenses.");

  license
    .command("issue")
    .summary("issue a license and print its key")
    .description("Issues a license without a purchase and prints its key.")
    .requiredOption("--plan <plan>", "premium-lifetime, premium-monthly or premium-trial")
    .requiredOption("--email <address>", "the email address of the owner")
    .option("--machines <n>", "the machine limit (default: the plan's)", positiveInteger)
    .option("--expires <when>", `${WHEN}, or ${NEVER} (default: the plan's)`, momentOr(NEVER))
    .option("--note <text>", "a remark for admins")
    .option("--versions <range>", "a semver range (default: the plan's)")
    .option("--worker <id...>", "workers, such as llm-worker-* (default: the plan's)")
    .option("--updates-until <when>", `${WHEN}, or ${ALWAYS} (default: the plan's)`, momentOr(ALWAYS))
    .addHelpText("after", "\nExample:\n  $ rbee-catalog license issue --plan premium-trial --email ada@example.com")
    .runAsAdmin(async (context, options: FieldOptions) => {
      showLicense(context, await postOnce(context, "/v1/admin/licenses", fieldsOf(options)));
    });

  license
    .command("list")
    .paged()
    .summary("find licenses")
    .description("Lists licenses, newest first.")
    .option("--query <text>", "part of an email address, an invoice's number, or any id of ours or Stripe's")
    .option("--status <status>", "active, suspended, revoked or expired")
    .option("--plan <plan>", "only licenses of this plan")
    .runAsAdmin(({ list }, { query: q, ...options }: ListOptions) => {
      const expires = (license: Record<string, unknown>) => license["expires_at"] ?? "never";
      const columns = { LICENSE: "id", STATUS: "status", PLAN: "plan", EMAIL: "email", EXPIRES: expires };
      return list("/v1/admin/licenses", "licenses", columns, { ...options, q });
    });

  license
    .command("show")
    .summary("show one license with its machines and payments")
    .argument("<license>", "the license's id (lic_...)")
    .runAsAdmin(async (context, id: string) => {
      showLicense(context, await context.client.json(LicenseAnswer, { path: path`/v1/admin/licenses/${id}` }));
    });

  const commandWithReason = (verb: string, summary: string): CatalogCommand =>
    license
      .command(verb)
      .summary(summary)
      .argument("<license>", "the license's id (lic_...)")
      .requiredOption("--reason <text>", "the reason for the audit trail");

  const change = (verb: string, summary: string): CatalogCommand =>
    commandWithReason(verb, summary).runAsAdmin(async (context, id: string, options: ChangeOptions) => {
      const { reason, until, days, cancelSubscription } = options;
      const body = { reason, expires_at: until, days, cancel_subscription: cancelSubscription };
      showLicense(context, await postOnce(context, path`/v1/admin/licenses/${id}/${verb}`, body));
    });

  /** Adds an act that the catalog itself makes idempotent, such as a refund. */
  const act = <Answer>(verb: string, summary: string, schema: z.ZodType<Answer>, render: (answer: Answer) => string) =>
    commandWithReason(verb, summary).runAsAdmin(async ({ client, show }, id: string, { reason }: ChangeOptions) => {
      show(await client.post(schema, path`/v1/admin/licenses/${id}/${verb}`, { reason }), render);
    });

  change("revoke", "end a license: it stops working everywhere").option(
    "--cancel-subscription",
    "also cancel its subscription at Stripe, without a refund",
  );
  change("suspend", "put a license on hold");
  change("reinstate", "undo a revocation (owners only) or a suspension");
  change("extend", "move the end of a license")
    .option("--until <when>", "a date, an RFC 3339 time or days from now (30d)", (text) => moment(text))
    .option("--days <n>", "days after its end, or after now if it has expired", positiveInteger)
    .hook("preAction", (command) => {
      const { until, days } = command.opts<ChangeOptions>();
      if ((until === undefined) === (days === undefined)) {
        throw new CliError(EXIT.usage, "Give either --until or --days.");
      }
    });
  commandWithReason("amend", "correct a license in one act")
    .description("Corrects a license in one act. What is left out stays.")
    .option("--plan <plan>", "another plan, with its rights; the end stays")
    .option("--email <address>", "a new owner: gets a new key by email, the old one is told")
    .option("--machines <n>", "the machine limit", positiveInteger)
    .option("--expires <when>", `${WHEN}, or ${NEVER}`, momentOr(NEVER))
    .option("--note <text>", 'a remark for admins; "" removes it')
    .option("--versions <range>", "a semver range, such as <3.0.0")
    .option("--worker <id...>", "the workers that it opens, such as llm-worker-*")
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
  change("rotate-key", "replace a leaked key; the old one stops working");
  act("refund", "refund the last payment, end the subscription and revoke", RefundAnswer, formatRefund);
  act(
    "erase",
    "erase the owner's personal data and end all of their licenses (owners only)",
    EraseAnswer,
    formatErased,
  );

  const machine = program
    .command("machine")
    .summary("list, remove and bar the machines of a license")
    .description("Machines.");

  machine
    .command("list")
    .summary("list the machines of a license: those with a seat, and the barred")
    .argument("<license>", "the license's id (lic_...)")
    .runAsAdmin(async ({ client, show }, id: string) => {
      const { license } = await client.json(LicenseAnswer, { path: path`/v1/admin/licenses/${id}` });
      const { machines = [], barred_machines = [] } = license;
      show({ machines, barred_machines }, () =>
        [formatMachines(machines), ...(barred_machines.length > 0 ? [formatBarred(barred_machines)] : [])].join("\n\n"),
      );
    });

  machine
    .command("remove")
    .summary("free the seat of a machine")
    .argument("<license>", "the license's id (lic_...)")
    .argument("<machine>", "the machine's id (mach_...)")
    .option("--reason <text>", "the reason for the audit trail")
    .option("--void-lease", "free the seat of a running offline lease, too (owners only)")
    .runAsAdmin(async ({ client, show }, licenseId: string, machineId: string, options: RemovalOptions) => {
      const { reason, voidLease } = options;
      const at = path`/v1/admin/licenses/${licenseId}/machines/${machineId}` + (voidLease ? "?void_lease=true" : "");
      await client.send({ method: "DELETE", path: at, ...(reason === undefined ? {} : { body: { reason } }) });
      show({ removed: machineId }, () => `Removed ${machineId}. Its token no longer works.`);
    });

  machine
    .command("bar")
    .summary("bar a machine from a license: it loses its seat and gets none again")
    .argument("<license>", "the license's id (lic_...)")
    .argument("<machine>", "the machine's id (mach_...)")
    .requiredOption("--reason <text>", "the reason for the audit trail")
    .option("--void-lease", "free the seat of a running offline lease, too (owners only)")
    .runAsAdmin(async (context, licenseId: string, machineId: string, { reason, voidLease }: BarOptions) => {
      const body = { reason, ...(voidLease && { void_lease: true }) };
      const at = path`/v1/admin/licenses/${licenseId}/machines/${machineId}/bar`;
      showLicense(context, await context.client.post(LicenseAnswer, at, body));
    });

  machine
    .command("unbar")
    .summary("lift the bar of a machine, which may then be activated again")
    .argument("<license>", "the license's id (lic_...)")
    .argument("<machine>", "the machine's id (mach_...)")
    .requiredOption("--reason <text>", "the reason for the audit trail")
    .runAsAdmin(async (context, licenseId: string, machineId: string, { reason }: BarOptions) => {
      const at = path`/v1/admin/licenses/${licenseId}/machines/${machineId}/unbar`;
      showLicense(context, await context.client.post(LicenseAnswer, at, { reason }));
    });
}

const WHEN = "a date, an RFC 3339 time, 30d";

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

type RemovalOptions = { reason?: string; voidLease?: true };
type BarOptions = { reason: string; voidLease?: true };

/** Posts with an idempotency key, so that the retries of this run have one effect. */
const postOnce = ({ client }: Context, at: string, body: object): Promise<z.infer<typeof LicenseAnswer>> =>
  client.post(LicenseAnswer, at, body, { headers: { "Idempotency-Key": randomUUID() } });

function showLicense({ show, note }: Context, answer: z.infer<typeof LicenseAnswer>): void {
  show(answer, ({ license, key }) => formatLicense(license) + (key ? `\n\nLicense key: ${key}` : ""));
  for (const { code, message } of answer.warnings ?? []) {
    note(`Warning: ${message}`);
    if (code === "still_billed" && answer.license.status === "revoked") {
      note(`  rbee-catalog license revoke ${answer.license.id} --cancel-subscription --reason "..."`);
    }
  }
  if (answer.edge === "pending") note("The change is saved but not yet on the edge. The catalog retries by itself.");
}

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
