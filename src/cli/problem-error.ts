import * as z from "zod";
import { CliError, exitCodeOf } from "./exit-code.ts";

/** The members of a problem (RFC 9457) that a person or a script at the terminal can use. */
const ProblemBody = z.looseObject({
  code: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
  request_id: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  purchase_url: z.string().optional(),
  latest_covered_version: z.string().nullable().optional(),
});

export type ProblemBody = z.infer<typeof ProblemBody>;

/** A refusal by the catalog. `problem` is null when what answered was not the catalog, but a proxy before it. */
export class ProblemError extends CliError {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly problem: ProblemBody | null;

  constructor(status: number, problem: ProblemBody | null) {
    super(
      exitCodeOf(problem?.code ?? null, status),
      problem ? describe(problem) : `The server answered with HTTP ${status} and no reason.`,
    );
    this.status = status;
    this.problem = problem;
  }
}

/** The problem's code if `error` is the catalog's refusal, else null. */
export const problemCode = (error: unknown): string | null =>
  error instanceof ProblemError ? (error.problem?.code ?? null) : null;

/** Makes the error for a response that is not a success; `body` is its text. */
export function problemError(status: number, body: string): ProblemError {
  try {
    return new ProblemError(status, ProblemBody.parse(JSON.parse(body)));
  } catch {
    return new ProblemError(status, null);
  }
}

function describe(problem: ProblemBody): string {
  const lines = [`${problem.detail ?? problem.title ?? "Refused."} (${problem.code})`];
  if (problem.errors && problem.errors.length > 1) {
    lines.push(...problem.errors.map(({ path, message }) => `  ${path}: ${message}`));
  }
  if (problem.latest_covered_version) lines.push(`The newest version you may have: ${problem.latest_covered_version}`);
  if (problem.purchase_url) lines.push(`Buy or renew: ${problem.purchase_url}`);
  if (problem.request_id) lines.push(`Request id: ${problem.request_id}`);
  return lines.join("\n");
}
