import * as z from "zod";

/** The exit statuses of the command. Scripts rely on them; docs/cli.md repeats the table. */
export const EXIT = {
  ok: 0,
  /** Any failure without a status of its own. */
  failure: 1,
  /** The command line, or the data that it sends, is not valid. */
  usage: 2,
  /** The credential is missing, wrong, or not allowed to do this. */
  notAuthorized: 3,
  notFound: 4,
  /** The license, its machines or a withdrawn release do not allow it. */
  refused: 5,
  /** The bytes that arrived are not the published ones. */
  integrity: 6,
  /** The catalog is unreachable or cannot answer now. A later attempt may succeed. */
  unavailable: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_PROBLEM: Readonly<Record<string, ExitCode>> = {
  MALFORMED_REQUEST: EXIT.usage,
  VALIDATION_FAILED: EXIT.usage,
  PAYLOAD_TOO_LARGE: EXIT.usage,
  CREDENTIAL_REQUIRED: EXIT.notAuthorized,
  KEY_INVALID: EXIT.notAuthorized,
  KEY_ROTATED: EXIT.notAuthorized,
  TOKEN_INVALID: EXIT.notAuthorized,
  TOKEN_EXPIRED: EXIT.notAuthorized,
  INSUFFICIENT_SCOPE: EXIT.notAuthorized,
  NOT_FOUND: EXIT.notFound,
  WORKER_NOT_FOUND: EXIT.notFound,
  VERSION_NOT_FOUND: EXIT.notFound,
  ARTIFACT_NOT_FOUND: EXIT.notFound,
  LICENSE_NOT_FOUND: EXIT.notFound,
  LICENSE_REVOKED: EXIT.refused,
  LICENSE_SUSPENDED: EXIT.refused,
  LICENSE_EXPIRED: EXIT.refused,
  MACHINE_REQUIRED: EXIT.refused,
  MACHINE_MISMATCH: EXIT.refused,
  MACHINE_DEACTIVATED: EXIT.refused,
  MACHINE_LIMIT_REACHED: EXIT.refused,
  NOT_ENTITLED: EXIT.refused,
  VERSION_NOT_COVERED: EXIT.refused,
  RELEASE_BLOCKED: EXIT.refused,
  RATE_LIMITED: EXIT.unavailable,
  SERVICE_UNAVAILABLE: EXIT.unavailable,
};

/** The exit status for a problem's `code`, or for the HTTP `status` if this version does not know the code. */
export function exitCodeOf(code: string | null, status: number): ExitCode {
  const known = code === null ? undefined : BY_PROBLEM[code];
  if (known !== undefined) return known;
  if (status === 401 || status === 403) return EXIT.notAuthorized;
  if (status === 404) return EXIT.notFound;
  if (status === 429 || status >= 500) return EXIT.unavailable;
  return EXIT.failure;
}

/** An expected failure: a message for the person at the terminal, and the exit status. */
export class CliError extends Error {
  override readonly name: string = "CliError";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The members of a problem (RFC 9457) that the command shows. */
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

/** A refusal over HTTP. `problem` is null if the answer is not the catalog's but, for example, a proxy's. */
export class ProblemError extends CliError {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly problem: ProblemBody | null;

  constructor(status: number, problem: ProblemBody | null) {
    super(
      exitCodeOf(problem?.code ?? null, status),
      problem ? describe(problem) : `The server answered with HTTP ${status} and gave no reason.`,
    );
    this.status = status;
    this.problem = problem;
  }
}

/** The problem's code if `error` is a refusal by the catalog, else null. */
export const problemCode = (error: unknown): string | null =>
  error instanceof ProblemError ? (error.problem?.code ?? null) : null;

/** Turns an unsuccessful response into an error. `body` is its text. */
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
