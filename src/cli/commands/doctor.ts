import { CHECK_NAMES } from "../../domain/doctor/checks.ts";
import { sayOf, summaryOf } from "../../domain/doctor/finding.ts";
import { isLoopback } from "../../lib/loopback.ts";
import type { CatalogCommand, Context } from "../command.ts";
import { askOnce } from "../doctor/answer.ts";
import { checkWorkersDev } from "../doctor/front.ts";
import { type AnyFinding, checkInside, type Inside } from "../doctor/inside.ts";
import { checkMailDns } from "../doctor/mail-dns.ts";
import { checkOutside } from "../doctor/outside.ts";
import { formatFindings, widthOf } from "../doctor/render.ts";
import { CliError, EXIT } from "../errors.ts";

type DoctorOptions = { workersDev?: string; dns?: string };

/** Adds `doctor`, which checks everything that must be so for a deployment. */
export function addDoctorCommand(program: CatalogCommand): void {
  program
    .command("doctor")
    .description(
      "Checks a deployment from outside and, with an admin token (stats:read), from inside. Each fault comes with its remedy.",
    )
    .option("--workers-dev <subdomain>", "also check that SUBDOMAIN.workers.dev is closed")
    .option("--dns <server>", "ask this DNS server, such as 1.1.1.1")
    .addHelpText("after", "\nExit status 8: a check failed. Warnings alone leave it at 0.")
    .run((context, options: DoctorOptions) => examine(context, options));
}

async function examine({ settings, show, hide, note }: Context, { workersDev, dns }: DoctorOptions): Promise<void> {
  const { url } = settings;
  const [outside, inside] = await Promise.all([checkOutside(url), checkInside(url, settings)]);
  if (inside === null) note("The checks inside the Worker need an admin token: set RBEE_ADMIN_TOKEN.");
  const findings = inOrder([
    ...outside,
    ...(inside?.findings ?? []),
    ...(await checkMail(url, inside, dns)),
    ...(await checkOtherAddress(workersDev, inside)),
  ]).map((finding) => ({ ...finding, detail: hide(finding.detail) }));
  const summary = summaryOf(findings);
  const deployment = inside?.deployment ?? null;
  show({ url, complete: deployment !== null, deployment, summary, findings }, () =>
    [`Doctor of ${url}`, "", formatFindings(findings, widthOf(process.stdout.columns)), "", sayOf(summary)].join("\n"),
  );
  if (summary.failed > 0) {
    throw new CliError(EXIT.unhealthy, summary.failed === 1 ? "A check failed." : `${summary.failed} checks failed.`);
  }
}

/** The records of the sending domain. A development server sends no mail. */
async function checkMail(url: string, inside: Inside | null, dns: string | undefined): Promise<AnyFinding[]> {
  const domain = inside?.deployment?.mail_domain;
  if (domain === undefined || (isLoopback(new URL(url).hostname) && dns === undefined)) return [];
  return checkMailDns(domain, dns);
}

async function checkOtherAddress(subdomain: string | undefined, inside: Inside | null): Promise<AnyFinding[]> {
  if (subdomain === undefined) return [];
  const name = inside?.deployment?.name;
  if (!name) {
    throw new CliError(EXIT.usage, "--workers-dev needs an admin token of a deployed Worker, which tells its name.");
  }
  const address = `https://${name}.${subdomain.replace(/\.workers\.dev$/, "")}.workers.dev`;
  return [checkWorkersDev(address, await askOnce(`${address}/health`))];
}

/** The findings in the order of the table of checks; those of a newer service come last. */
function inOrder(findings: readonly AnyFinding[]): AnyFinding[] {
  const names: readonly string[] = CHECK_NAMES;
  const place = ({ check }: AnyFinding): number => (names.includes(check) ? names.indexOf(check) : names.length);
  return [...findings].sort((a, b) => place(a) - place(b));
}
