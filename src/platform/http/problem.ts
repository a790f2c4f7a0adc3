/**
 * Every error that this service answers with. Programs decide by `code`, so a code is never renamed and its status
 * never changes. Titles are for people.
 */
export const PROBLEMS = {
  MALFORMED_REQUEST: { status: 400, title: "The request could not be parsed" },
  CREDENTIAL_REQUIRED: { status: 401, title: "A credential is required" },
  KEY_INVALID: { status: 401, title: "The license key is not valid" },
  KEY_ROTATED: { status: 401, title: "The license key has been replaced by a newer one" },
  KEY_REQUIRED: { status: 401, title: "The license key must be presented again" },
  TOKEN_INVALID: { status: 401, title: "The token is not valid" },
  TOKEN_EXPIRED: { status: 401, title: "The token has expired" },
  OIDC_TOKEN_INVALID: { status: 401, title: "The token of the workflow run is not valid" },
  OIDC_TOKEN_EXPIRED: { status: 401, title: "The token of the workflow run has expired" },
  OIDC_TOKEN_REUSED: { status: 401, title: "The token of the workflow run has been used" },
  HTTPS_REQUIRED: { status: 403, title: "The connection must be encrypted" },
  INSUFFICIENT_SCOPE: { status: 403, title: "The credential does not allow this" },
  PUBLISHER_UNKNOWN: { status: 403, title: "No owner has named this repository as a publisher" },
  PUBLISHER_FORK: { status: 403, title: "A fork may not publish" },
  PUBLISHER_PULL_REQUEST: { status: 403, title: "A run for a pull request may not publish" },
  PUBLISHER_EVENT: { status: 403, title: "A run of this event may not publish" },
  PUBLISHER_WORKFLOW: { status: 403, title: "This workflow may not publish" },
  PUBLISHER_ENVIRONMENT: { status: 403, title: "A job in this environment may not publish" },
  PUBLISHER_REF: { status: 403, title: "A run of this branch or tag may not publish" },
  LICENSE_REVOKED: { status: 403, title: "The license has been revoked" },
  LICENSE_SUSPENDED: { status: 403, title: "The license is suspended" },
  LICENSE_EXPIRED: { status: 403, title: "The license has expired" },
  MACHINE_REQUIRED: { status: 403, title: "The machine must be named" },
  MACHINE_MISMATCH: { status: 403, title: "The token belongs to another machine" },
  MACHINE_DEACTIVATED: { status: 403, title: "The machine is not activated" },
  MACHINE_BARRED: { status: 403, title: "The machine is barred from this license" },
  TRIAL_USED: { status: 403, title: "This machine has been in a free trial before" },
  NOT_ENTITLED: { status: 403, title: "The license does not include this worker" },
  VERSION_NOT_COVERED: { status: 403, title: "The license does not cover this version" },
  LINK_EXPIRED: { status: 403, title: "The download link has expired" },
  LINK_INVALID: { status: 403, title: "The download link is not valid" },
  FORM_REFUSED: { status: 403, title: "This form was not accepted" },
  NOT_FOUND: { status: 404, title: "There is nothing here" },
  WORKER_NOT_FOUND: { status: 404, title: "There is no such worker" },
  VERSION_NOT_FOUND: { status: 404, title: "There is no such version" },
  ARTIFACT_NOT_FOUND: { status: 404, title: "There is no such file" },
  LICENSE_NOT_FOUND: { status: 404, title: "There is no such license" },
  MACHINE_LIMIT_REACHED: { status: 409, title: "Every machine of this license is in use" },
  CONFLICT: { status: 409, title: "The current state does not allow this" },
  RELEASE_BLOCKED: { status: 410, title: "This release has been withdrawn" },
  PAYLOAD_TOO_LARGE: { status: 413, title: "The request body is too large" },
  RANGE_NOT_SATISFIABLE: { status: 416, title: "The requested range is not satisfiable" },
  VALIDATION_FAILED: { status: 422, title: "The request is not valid" },
  RATE_LIMITED: { status: 429, title: "Too many requests" },
  INTERNAL_ERROR: { status: 500, title: "Something went wrong on our side" },
  SERVICE_UNAVAILABLE: { status: 503, title: "The service is not available" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The problems of the layers before all rooms: the encryption, a fault of ours, an outage, another's ledger. */
export const ANYWHERE = ["HTTPS_REQUIRED", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE"] as const satisfies ProblemCode[];

/** Members beyond RFC 9457 that tell a client how to continue. */
export type ProblemExtras = {
  errors?: { path: string; message: string }[];
  purchase_url?: string;
  retry_after?: number;
  latest_covered_version?: string | null;
  seat_free_at?: string | null;
  may_take_over?: boolean;
};

/** A refusal: its code, a sentence for a person, and members that tell a client how to continue. */
export type Refusal = {
  code: ProblemCode;
  detail: string;
  extras?: ProblemExtras;
  /** Response headers of this refusal. */
  headers?: Record<string, string>;
};

/** A thrown refusal, which `problemResponse` renders. Only routes and stores throw it; decisions return a `Result`. */
export class Problem extends Error implements Refusal {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly detail: string;
  readonly extras: ProblemExtras;
  readonly headers: Record<string, string>;

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.detail}`);
    this.code = refusal.code;
    this.detail = refusal.detail;
    this.extras = refusal.extras ?? {};
    this.headers = refusal.headers ?? {};
  }
}

/** `WWW-Authenticate` for routes that accept only a token. Browsers show the response and no password dialog. */
export const BEARER_CHALLENGE = 'Bearer realm="rbee"';

/** `WWW-Authenticate` for routes that also accept Basic. pacman sends `user:key` only after this challenge. */
export const CHALLENGES = `${BEARER_CHALLENGE}, Basic realm="rbee", charset="UTF-8"`;

/** The URI of a problem's type (RFC 9457, section 3.1.1). */
export const problemType = (code: ProblemCode): string =>
  `https://rbee.dev/problems/${code.toLowerCase().replaceAll("_", "-")}`;

/** `Retry-After` if the refusal has `retry_after`, else no header. */
export const waitHeaders = ({ extras }: Pick<Refusal, "extras">): Record<string, string> =>
  extras?.retry_after === undefined ? {} : { "Retry-After": String(extras.retry_after) };

/** An answer before it becomes a `Response`, so that headers can still be added cheaply. */
export type Answer = { status: number; headers: Record<string, string>; body: BodyInit | null };

/** A refusal as problem+json (RFC 9457). `error` is the title again, for older clients. 401 has both challenges. */
export function problemAnswer(refusal: Refusal, requestId: string): Answer {
  const { status, title } = PROBLEMS[refusal.code];
  const body = {
    type: problemType(refusal.code),
    title,
    status,
    detail: refusal.detail,
    code: refusal.code,
    error: title,
    request_id: requestId,
    ...refusal.extras,
  };
  const headers = {
    ...refusal.headers,
    ...waitHeaders(refusal),
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...(status === 401 && { "WWW-Authenticate": CHALLENGES }),
  };
  return { status, headers, body: JSON.stringify(body) };
}

/** `problemAnswer` as a response. */
export function problemResponse(refusal: Refusal, requestId: string): Response {
  const { body, ...rest } = problemAnswer(refusal, requestId);
  return new Response(body, rest);
}
