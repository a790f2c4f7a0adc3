import { PROBLEM_CODES, type ProblemCode } from "./api.ts";
import { isObject, parseObject } from "./result.ts";

/** The codes of this client's own errors. */
export const CLIENT_CODES = [
  /** No answer, or one that broke off, after all attempts. */
  "NETWORK",
  /** The answer is not one of a catalog. */
  "ANSWER_UNEXPECTED",
  /** A credential, or a file's link, would go over plain http. */
  "URL_NOT_SECURE",
  /** The catalog redirects to another place. */
  "REDIRECT_REFUSED",
  /** A file is not the one that was published: size, sum or signature. */
  "FILE_ALTERED",
  /** A signed index is not trusted. */
  "INDEX_REFUSED",
  /** The runtime has no Ed25519. */
  "UNSUPPORTED_RUNTIME",
] as const;

export type ClientCode = (typeof CLIENT_CODES)[number];

/** Every code of an error. UNKNOWN: the catalog answered a code that this version of the client does not know. */
export type ErrorCode = ProblemCode | ClientCode | "UNKNOWN";

/** The facts of a problem that the catalog answered. */
export type ProblemFacts = {
  status: number | null;
  /** The code as it was answered, also one that this client does not know. */
  answeredCode: string | null;
  /** Quote it to the catalog's operator. */
  requestId: string | null;
  /** Seconds to wait before the next attempt. */
  retryAfter: number | null;
  /** Where a license can be bought or renewed. */
  purchaseUrl: string | null;
  /** With VERSION_NOT_COVERED: the newest version that the license covers; null: none. */
  latestCoveredVersion: string | null;
  /** With VALIDATION_FAILED: the faults of the request. */
  errors: readonly { path: string; message: string }[];
};

const NO_FACTS: ProblemFacts = {
  status: null,
  answeredCode: null,
  requestId: null,
  retryAfter: null,
  purchaseUrl: null,
  latestCoveredVersion: null,
  errors: [],
};

/** An error of the catalog or of this client. Decide by `code`; `message` is a sentence for a person. */
export class CatalogError extends Error implements ProblemFacts {
  override readonly name = "CatalogError";
  readonly code: ErrorCode;
  readonly status: number | null;
  readonly answeredCode: string | null;
  readonly requestId: string | null;
  readonly retryAfter: number | null;
  readonly purchaseUrl: string | null;
  readonly latestCoveredVersion: string | null;
  readonly errors: readonly { path: string; message: string }[];

  constructor(code: ErrorCode, message: string, facts: Partial<ProblemFacts> & { cause?: unknown } = {}) {
    super(message, "cause" in facts ? { cause: facts.cause } : {});
    const all = { ...NO_FACTS, ...facts };
    this.code = code;
    this.status = all.status;
    this.answeredCode = all.answeredCode;
    this.requestId = all.requestId;
    this.retryAfter = all.retryAfter;
    this.purchaseUrl = all.purchaseUrl;
    this.latestCoveredVersion = all.latestCoveredVersion;
    this.errors = all.errors;
  }

  /** The sentence for a person. */
  get detail(): string {
    return this.message;
  }
}

/** The error's code, or null for an error of another kind. */
export const codeOf = (error: unknown): ErrorCode | null => (error instanceof CatalogError ? error.code : null);

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** Whether this client knows a code of the catalog. */
const isKnown = (code: string): code is ProblemCode => PROBLEM_CODES.some((known) => known === code);

/** The error of an answer that is no success: the catalog's problem, or the status of a server on the way. */
export function errorOfAnswer(response: Response, body: string): CatalogError {
  const { status, headers } = response;
  const problem = parseObject(body);
  const answeredCode = text(problem?.["code"]);
  const facts = {
    status,
    answeredCode,
    requestId: text(problem?.["request_id"]) ?? headers.get("X-Request-Id"),
    retryAfter: secondsOf(headers.get("Retry-After"), problem?.["retry_after"]),
    purchaseUrl: text(problem?.["purchase_url"]),
    latestCoveredVersion: text(problem?.["latest_covered_version"]),
    errors: faultsOf(problem?.["errors"]),
  };
  if (answeredCode === null) {
    // A proxy or a server in front of the catalog answers its own pages.
    const code = status === 429 ? "RATE_LIMITED" : status >= 500 ? "SERVICE_UNAVAILABLE" : "ANSWER_UNEXPECTED";
    return new CatalogError(code, `The server answered ${status}, not as a catalog does.`, facts);
  }
  const detail = text(problem?.["detail"]) ?? text(problem?.["title"]) ?? `The catalog answered ${status}.`;
  return new CatalogError(isKnown(answeredCode) ? answeredCode : "UNKNOWN", detail, facts);
}

/** The seconds of a `Retry-After` (RFC 9110: seconds or a date), else those that the problem names. */
function secondsOf(header: string | null, named: unknown): number | null {
  if (header !== null && /^\d+$/.test(header)) return Number(header);
  const at = header === null ? Number.NaN : Date.parse(header);
  if (!Number.isNaN(at)) return Math.max(0, Math.ceil((at - Date.now()) / 1000));
  return typeof named === "number" ? named : null;
}

const faultsOf = (value: unknown): { path: string; message: string }[] =>
  (Array.isArray(value) ? value : []).filter(isObject).map(({ path, message }) => ({
    path: text(path) ?? "",
    message: text(message) ?? "",
  }));
