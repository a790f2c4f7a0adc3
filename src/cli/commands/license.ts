import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import * as z from "zod";
import { path } from "../catalog-client.ts";
import { adminToken, type Context, contextOf, noteNextPage, type PageOptions, withPaging } from "../context.ts";
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

/** Adds `license`: what an admin does with licenses. */
export function addLicenseCommands(program: Command): void {
  const license = program.command("license").summary("issue, find and change licenses").description("Licenses.");

  license
    .command("issue")
    .summary("issue a license and print its key")
    .description("Issues a license by hand and prints its key.")
    .requiredOption("--plan <plan>", "premium-lifetime, premium-monthly or premium-trial")
    .requiredOption("--email <address>", "whose it is")
    .option("--machines <n>", "how many machines, if not as many as the plan says", positiveInteger)
    .option("--expires <when>", "a date, an RFC 3339 time or days from now (30d)", (text) => moment(text))
    .option("--note <text>", "a remark for admins")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog license issue --plan premium-trial --email ada@example.com")
    .action(async (options: IssueOptions, command: Command) => {
      const context = await contextOf(command);
      const answer = await context.client.json(LicenseAnswer, {
        method: "POST",
        path: "/v1/admin/licenses",
        credential: adminToken(context),
        // One license, however often a broken connection makes us ask.
        headers: { "Idempotency-Key": randomUUID() },
        repeatable: true,
        body: {
          plan: options.plan,
          email: options.email,
          machine_limit: options.machines,
          expires_at: options.expires,
          note: options.note,
        },
      });
      showAnswer(context, answer);
    });

  withPaging(license.command("list"))
    .summary("find licenses")
    .description("Lists licenses, newest first.")
    .option(
      "--query <text>",
      "the beginning of an email address, or an id: the license's, a machine's or one of Stripe's",
    )
    .option("--status <status>", "active, suspended, revoked or expired")
    .option("--plan <plan>", "only those of this plan")
    .action(
      async (
        { limit, cursor, query, status, plan }: PageOptions & { query?: string; status?: string; plan?: string },
        command: Command,
      ) => {
        const context = await contextOf(command);
        const page = await context.client.json(LicensePage, {
          path: "/v1/admin/licenses",
          query: { limit, cursor, q: query, status, plan },
          credential: adminToken(context),
        });
        context.show(page, ({ licenses }) =>
          formatTable(
            ["LICENSE", "STATUS", "PLAN", "EMAIL", "EXPIRES"],
            licenses.map((each) => [each.id, each.status, each.plan, each.email, each.expires_at ?? "never"]),
          ),
        );
        noteNextPage(context, page.next_cursor);
      },
    );

  license
    .command("show")
    .summary("show one license with its machines")
    .argument("<license>", "its id (lic_...)")
    .action(async (id: string, _options: object, command: Command) => {
      const context = await contextOf(command);
      const answer = await context.client.json(LicenseAnswer, {
        path: path`/v1/admin/licenses/${id}`,
        credential: adminToken(context),
      });
      showAnswer(context, answer);
    });

  const addChange = (name: string, summary: string): Command =>
    license
      .command(name)
      .summary(summary)
      .argument("<license>", "its id (lic_...)")
      .requiredOption("--reason <text>", "why; it stays in the audit trail");

  const change = (verb: string) => async (id: string, options: ChangeOptions, command: Command) => {
    const { reason, until, days } = options;
    if (verb === "extend" && (until === undefined) === (days === undefined)) {
      throw new CliError(EXIT.usage, "Give either --until or --days.");
    }
    const context = await contextOf(command);
    const answer = await context.client.json(LicenseAnswer, {
      method: "POST",
      path: path`/v1/admin/licenses/${id}/${verb}`,
      credential: adminToken(context),
      // One rotation, one extension, however often a broken connection makes us ask.
      headers: { "Idempotency-Key": randomUUID() },
      repeatable: true,
      body: { reason, expires_at: until, days },
    });
    showAnswer(context, answer);
  };

  addChange("revoke", "end a license: it stops working everywhere").action(change("revoke"));
  addChange("suspend", "put a license on hold").action(change("suspend"));
  addChange("reinstate", "undo a revocation (owners only) or a suspension").action(change("reinstate"));
  addChange("extend", "move the end of a license")
    .option("--until <when>", "a date, an RFC 3339 time or days from now (30d)", (text) => moment(text))
    .option("--days <n>", "so many days beyond its end, or from now if that has passed", positiveInteger)
    .action(change("extend"));
  addChange("rotate-key", "replace a leaked key; the old one dies").action(change("rotate-key"));
  addChange("refund", "give back what was paid last, end the subscription and revoke").action(
    async (id: string, { reason }: { reason: string }, command: Command) => {
      const context = await contextOf(command);
      const answer = await context.client.json(RefundAnswer, {
        method: "POST",
        path: path`/v1/admin/licenses/${id}/refund`,
        credential: adminToken(context),
        // Money is given back once, however often a broken connection makes us ask.
        repeatable: true,
        body: { reason },
      });
      context.show(answer, ({ license: refunded, refund }) => `${formatLicense(refunded)}\n\n${formatRefund(refund)}`);
    },
  );
  addChange("erase", "erase its owner's personal data, and end every license of theirs (owners only)").action(
    async (id: string, { reason }: { reason: string }, command: Command) => {
      const context = await contextOf(command);
      const answer = await context.client.json(EraseAnswer, {
        method: "POST",
        path: path`/v1/admin/licenses/${id}/erase`,
        credential: adminToken(context),
        repeatable: true,
        body: { reason },
      });
      context.show(answer, formatErased);
    },
  );
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
    ? "Nothing was given back: nothing was paid, or all of it went back before."
    : `Given back: ${formatMoney(amount, currency)}`;

type ChangeOptions = { reason: string; until?: string; days?: number };

function showAnswer(context: Context, answer: z.infer<typeof LicenseAnswer>): void {
  context.show(answer, ({ license, key }) =>
    key ? `${formatLicense(license)}\n\nLicense key: ${key}` : formatLicense(license),
  );
  if (answer.edge === "pending") context.note("The edge has not been told yet; the catalog goes on trying by itself.");
}

/** Adds `machine`: the machines of a license, for admins. */
export function addMachineCommands(program: Command): void {
  const machine = program
    .command("machine")
    .summary("list and remove the machines of a license")
    .description("Machines.");

  machine
    .command("list")
    .summary("list the active machines of a license")
    .argument("<license>", "its id (lic_...)")
    .action(async (id: string, _options: object, command: Command) => {
      const context = await contextOf(command);
      const { license } = await context.client.json(z.looseObject({ license: License }), {
        path: path`/v1/admin/licenses/${id}`,
        credential: adminToken(context),
      });
      context.show({ machines: license.machines ?? [] }, ({ machines }) => formatMachines(machines));
    });

  machine
    .command("remove")
    .summary("free the seat of a machine")
    .argument("<license>", "its id (lic_...)")
    .argument("<machine>", "its id (mach_...)")
    .action(async (licenseId: string, machineId: string, _options: object, command: Command) => {
      const context = await contextOf(command);
      await context.client.send({
        method: "DELETE",
        path: path`/v1/admin/licenses/${licenseId}/machines/${machineId}`,
        credential: adminToken(context),
      });
      context.show({ removed: machineId }, () => `Removed ${machineId}. Its token opens nothing any more.`);
    });
}
