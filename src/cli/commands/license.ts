import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import * as z from "zod";
import { path } from "../catalog-client.ts";
import { adminContextOf, type Context, type PageOptions, withPaging } from "../context.ts";
import { CliError, EXIT } from "../errors.ts";
import { moment, positiveInteger } from "../input.ts";
import { formatLicense, formatMachines, License } from "../license-view.ts";
import { formatMoney, formatTable } from "../output.ts";

const LicenseAnswer = z.looseObject({ license: License, key: z.string().optional(), edge: z.string().optional() });

const RefundAnswer = z.looseObject({
  license: License,
  refund: z.object({ amount: z.number(), currency: z.string().nullable() }),
});

const EraseAnswer = z.looseObject({ licenses: z.array(z.string()), customers: z.array(z.string()) });

const LicensePage = z.looseObject({ licenses: z.array(License), next_cursor: z.string().nullable() });

type IssueOptions = { plan: string; email: string; machines?: number; expires?: string; note?: string };
type ListOptions = PageOptions & { query?: string; status?: string; plan?: string };
type ChangeOptions = { reason: string; until?: string; days?: number };

/** Adds `license`, the admin's commands for licenses. */
export function addLicenseCommands(program: Command): void {
  const license = program.command("license").summary("issue, find and change licenses").description("Licenses.");

  license
    .command("issue")
    .summary("issue a license and print its key")
    .description("Issues a license without a purchase and prints its key.")
    .requiredOption("--plan <plan>", "premium-lifetime, premium-monthly or premium-trial")
    .requiredOption("--email <address>", "the email address of the owner")
    .option("--machines <n>", "the machine limit, if it differs from the plan's", positiveInteger)
    .option("--expires <when>", "a date, an RFC 3339 time or days from now (30d)", (text) => moment(text))
    .option("--note <text>", "a remark for admins")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog license issue --plan premium-trial --email ada@example.com")
    .action(async ({ plan, email, machines, expires, note }: IssueOptions, command: Command) => {
      const context = await adminContextOf(command);
      const body = { plan, email, machine_limit: machines, expires_at: expires, note };
      showLicense(context, await postOnce(context, "/v1/admin/licenses", body));
    });

  withPaging(license.command("list"))
    .summary("find licenses")
    .description("Lists licenses, newest first.")
    .option("--query <text>", "the start of an email address, or the id of a license, a machine or a Stripe object")
    .option("--status <status>", "active, suspended, revoked or expired")
    .option("--plan <plan>", "only licenses of this plan")
    .action(async ({ limit, cursor, query: q, status, plan }: ListOptions, command: Command) => {
      const { client, showPage } = await adminContextOf(command);
      const query = { limit, cursor, q, status, plan };
      showPage(await client.json(LicensePage, { path: "/v1/admin/licenses", query }), ({ licenses }) =>
        formatTable(
          ["LICENSE", "STATUS", "PLAN", "EMAIL", "EXPIRES"],
          licenses.map((each) => [each.id, each.status, each.plan, each.email, each.expires_at ?? "never"]),
        ),
      );
    });

  license
    .command("show")
    .summary("show one license with its machines")
    .argument("<license>", "the license's id (lic_...)")
    .action(async (id: string, _options: object, command: Command) => {
      const context = await adminContextOf(command);
      showLicense(context, await context.client.json(LicenseAnswer, { path: path`/v1/admin/licenses/${id}` }));
    });

  const addChange = (name: string, summary: string): Command =>
    license
      .command(name)
      .summary(summary)
      .argument("<license>", "the license's id (lic_...)")
      .requiredOption("--reason <text>", "the reason for the audit trail");

  const change = (verb: string) => async (id: string, options: ChangeOptions, command: Command) => {
    const { reason, until, days } = options;
    if (verb === "extend" && (until === undefined) === (days === undefined)) {
      throw new CliError(EXIT.usage, "Give either --until or --days.");
    }
    const context = await adminContextOf(command);
    const body = { reason, expires_at: until, days };
    showLicense(context, await postOnce(context, path`/v1/admin/licenses/${id}/${verb}`, body));
  };

  /** Sends an act that the catalog itself makes idempotent, such as a refund. */
  const act =
    <Schema extends z.ZodType>(verb: string, schema: Schema, render: (answer: z.output<Schema>) => string) =>
    async (id: string, { reason }: { reason: string }, command: Command) => {
      const { client, show } = await adminContextOf(command);
      const at = path`/v1/admin/licenses/${id}/${verb}`;
      show(await client.json(schema, { method: "POST", path: at, repeatable: true, body: { reason } }), render);
    };

  addChange("revoke", "end a license: it stops working everywhere").action(change("revoke"));
  addChange("suspend", "put a license on hold").action(change("suspend"));
  addChange("reinstate", "undo a revocation (owners only) or a suspension").action(change("reinstate"));
  addChange("extend", "move the end of a license")
    .option("--until <when>", "a date, an RFC 3339 time or days from now (30d)", (text) => moment(text))
    .option("--days <n>", "days after its end, or after now if it has expired", positiveInteger)
    .action(change("extend"));
  addChange("rotate-key", "replace a leaked key; the old one stops working").action(change("rotate-key"));
  addChange("refund", "refund the last payment, end the subscription and revoke").action(
    act("refund", RefundAnswer, (answer) => `${formatLicense(answer.license)}\n\n${formatRefund(answer.refund)}`),
  );
  addChange("erase", "erase the owner's personal data and end all of their licenses (owners only)").action(
    act("erase", EraseAnswer, formatErased),
  );
}

/** Posts with an idempotency key, so that the retries of this run have one effect. */
const postOnce = ({ client }: Context, at: string, body: object): Promise<z.infer<typeof LicenseAnswer>> =>
  client.json(LicenseAnswer, {
    method: "POST",
    path: at,
    headers: { "Idempotency-Key": randomUUID() },
    repeatable: true,
    body,
  });

function showLicense({ show, note }: Context, answer: z.infer<typeof LicenseAnswer>): void {
  show(answer, ({ license, key }) =>
    key ? `${formatLicense(license)}\n\nLicense key: ${key}` : formatLicense(license),
  );
  if (answer.edge === "pending") note("The change is saved but not yet on the edge. The catalog retries by itself.");
}

const formatErased = ({ licenses, customers }: z.infer<typeof EraseAnswer>): string =>
  licenses.length === 0
    ? "Nothing was left to erase."
    : [
        `Erased and ended: ${licenses.join(", ")}`,
        ...(customers.length > 0 ? [`Deleted at Stripe: ${customers.join(", ")}`] : []),
      ].join("\n");

const formatRefund = ({ amount, currency }: z.infer<typeof RefundAnswer>["refund"]): string =>
  amount === 0 || currency === null
    ? "Nothing was refunded: nothing was paid, or everything was refunded before."
    : `Refunded: ${formatMoney(amount, currency)}`;

/** Adds `machine`, the admin's commands for the machines of a license. */
export function addMachineCommands(program: Command): void {
  const machine = program
    .command("machine")
    .summary("list and remove the machines of a license")
    .description("Machines.");

  machine
    .command("list")
    .summary("list the active machines of a license")
    .argument("<license>", "the license's id (lic_...)")
    .action(async (id: string, _options: object, command: Command) => {
      const { client, show } = await adminContextOf(command);
      const { license } = await client.json(LicenseAnswer, { path: path`/v1/admin/licenses/${id}` });
      show({ machines: license.machines ?? [] }, ({ machines }) => formatMachines(machines));
    });

  machine
    .command("remove")
    .summary("free the seat of a machine")
    .argument("<license>", "the license's id (lic_...)")
    .argument("<machine>", "the machine's id (mach_...)")
    .action(async (licenseId: string, machineId: string, _options: object, command: Command) => {
      const { client, show } = await adminContextOf(command);
      await client.send({ method: "DELETE", path: path`/v1/admin/licenses/${licenseId}/machines/${machineId}` });
      show({ removed: machineId }, () => `Removed ${machineId}. Its token no longer works.`);
    });
}
