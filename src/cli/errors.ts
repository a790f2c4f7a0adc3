import type * as z from "zod";
import { printable } from "../lib/printable.ts";
import { faultInWords } from "./fault-words.ts";
import type { ProblemBody } from "./problem.ts";

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
  /** `doctor`: a check failed. */
  unhealthy: 8,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The problems with another exit status than their HTTP status has. */
const PROBLEMS_BY_EXIT: readonly (readonly [ExitCode, readonly string[]])[] = [
  [EXIT.usage, ["MALFORMED_REQUEST", "VALIDATION_FAILED", "PAYLOAD_TOO_LARGE", "HTTPS_REQUIRED"]],
  [EXIT.refused, ["LICENSE_REVOKED", "LICENSE_SUSPENDED", "LICENSE_EXPIRED", "NOT_ENTITLED", "VERSION_NOT_COVERED"]],
  [EXIT.refused, ["MACHINE_REQUIRED", "MACHINE_MISMATCH", "MACHINE_DEACTIVATED", "MACHINE_LIMIT_REACHED"]],
  [EXIT.refused, ["MACHINE_BARRED", "TRIAL_USED"]],
  [EXIT.refused, ["RELEASE_BLOCKED"]],
  [EXIT.notAuthorized, ["ACCESS_DENIED", "DEVICE_CODE_EXPIRED"]],
];

/** The exit status for a problem's `code`, or for the HTTP `status` if the code has none of its own. */
export function exitCodeOf(code: string | null, status: number): ExitCode {
  const [known] = PROBLEMS_BY_EXIT.find(([, codes]) => code !== null && codes.includes(code)) ?? [];
  if (known !== undefined) return known;
  if (status === 401 || status === 403) return EXIT.notAuthorized;
  if (status === 404) return EXIT.notFound;
  return status === 429 || status >= 500 ? EXIT.unavailable : EXIT.failure;
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

/** A refusal over HTTP. `problem` is null if the answer is not the catalog's but, for example, a proxy's. */
export class ProblemError extends CliError {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly problem: ProblemBody | null;

  constructor(status: number, problem: ProblemBody | null, origin?: string) {
    super(
      exitCodeOf(problem?.code ?? null, status),
      problem ? describe(problem, origin) : `The server answered with HTTP ${status} and gave no reason.`,
    );
    this.status = status;
    this.problem = problem;
  }
}

/** The problem's code if `error` is a refusal by the catalog, else null. */
export const problemCode = (error: unknown): string | null =>
  error instanceof ProblemError ? (error.problem?.code ?? null) : null;

/** Parses a JSON text by a schema. Returns null if it is no JSON or does not fit. */
export function parseJson<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function describe(problem: ProblemBody, origin: string | undefined): string {
  const faults = (problem.errors ?? []).map(({ path, message }) => faultInWords(path, message));
  const [only] = faults.length === 1 ? faults : [];
  const lines = [`${only ?? problem.detail ?? problem.title ?? "Refused."} (${problem.code})`];
  if (faults.length > 1)
    lines.splice(0, 1, `The catalog refuses this: (${problem.code})`, ...faults.map((fault) => `  ${fault}`));
  if (problem.latest_covered_version) lines.push(`The newest version you may have: ${problem.latest_covered_version}`);
  if (problem.code === "TRIAL_USED") lines.push("To pay now: `rbee-catalog activate --end-trial`.");
  if (problem.code === "MACHINE_LIMIT_REACHED") {
    const account = origin === undefined ? "on the account page" : `at ${origin}/account`;
    lines.push(`Free a seat: run \`rbee-catalog deactivate\` on another machine, or remove one ${account}.`);
    lines.push("`rbee-catalog machines` lists the machines; `rbee-catalog deactivate MACHINE` frees the seat of one.");
    if (problem.may_take_over) {
      lines.push("`rbee-catalog activate --take-over` takes the seat of the machine that has been idle longest.");
    }
    if (problem.seat_free_at) lines.push(`The next seat becomes free by itself at ${problem.seat_free_at}.`);
  }
  if (problem.purchase_url) lines.push(`Buy or renew: ${problem.purchase_url}`);
  if (problem.request_id) lines.push(`Request id: ${problem.request_id}`);
  // The server writes these texts, so none may begin a line of its own.
  return lines.map(printable).join("\n");
}
