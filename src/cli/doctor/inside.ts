import * as z from "zod";
import { type Finding, fail, STATUSES } from "../../domain/doctor/finding.ts";
import { messageOf } from "../../lib/error-message.ts";
import { type CliError, parseJson } from "../errors.ts";
import { problemError } from "../problem.ts";
import type { Settings } from "../settings.ts";
import { askOnce } from "./answer.ts";

/** The service's report. A newer service may have checks that this command does not know. */
const Report = z.looseObject({
  deployment: z.looseObject({ name: z.string(), public_url: z.string(), mail_domain: z.string() }).nullable(),
  findings: z.array(
    z.object({
      check: z.string(),
      subject: z.string().nullable(),
      status: z.enum(STATUSES),
      detail: z.string(),
      remedy: z.string().nullable(),
    }),
  ),
});

/** A finding of this command or of the service. */
export type AnyFinding = Omit<Finding, "check"> & { check: string };

/** The service's own checks; `deployment` is null if it could not say. */
export type Inside = { deployment: z.output<typeof Report>["deployment"]; findings: AnyFinding[] };

/**
 * Asks the service for its own checks; null: there is no admin token. A refusal, or a text that is no admin token, is a
 * finding of `admin-token`. Never throws.
 */
export async function checkInside(url: string, settings: Pick<Settings, "adminToken">): Promise<Inside | null> {
  const refused = (detail: string): Inside => ({ deployment: null, findings: [fail("admin-token", detail)] });
  const headers = { "User-Agent": "rbee-catalog" };
  let credential: string | null;
  try {
    credential = settings.adminToken;
  } catch (error) {
    return refused(messageOf(error));
  }
  if (credential === null) return null;
  const answer = await askOnce(`${url}/v1/admin/doctor`, { headers, credential });
  if ("error" in answer) return refused(`The service gave no report: ${answer.error}`);
  if (answer.status === 404) return refused("The service has no report. Its version is older than this command's.");
  if (answer.status !== 200) return refused(reasonOf(problemError(answer.status, answer.body)));
  const report = parseJson(Report, answer.body);
  return report ?? refused("The answer is not the report of a catalog.");
}

const reasonOf = ({ message }: CliError): string => message.split("\n", 1)[0] ?? message;
