/**
 * Every error that this service answers with. Programs decide by `code`, so a code is never renamed and its status
 * never changes. Titles are for people.
 */
export const PROBLEMS = {
  MALFORMED_REQUEST: { status: 400, title: "Malformed request" },
  AUTHORIZATION_PENDING: { status: 400, title: "Login not approved yet" },
  SLOW_DOWN: { status: 400, title: "Polling too often" },
  ACCESS_DENIED: { status: 400, title: "Login declined" },
  DEVICE_CODE_EXPIRED: { status: 400, title: "Login code expired" },
  CREDENTIAL_REQUIRED: { status: 401, title: "Credential required" },
  KEY_INVALID: { status: 401, title: "Invalid license key" },
  KEY_ROTATED: { status: 401, title: "License key replaced by a newer one" },
  KEY_EXCHANGED: { status: 401, title: "Key exchanged for an rbee license key" },
  KEY_REQUIRED: { status: 401, title: "License key required again" },
  TOKEN_INVALID: { status: 401, title: "Invalid token" },
  TOKEN_EXPIRED: { status: 401, title: "Token expired" },
  OIDC_TOKEN_INVALID: { status: 401, title: "Invalid workflow token" },
  OIDC_TOKEN_EXPIRED: { status: 401, title: "Workflow token expired" },
  OIDC_TOKEN_REUSED: { status: 401, title: "Workflow token already used" },
  HTTPS_REQUIRED: { status: 403, title: "HTTPS required" },
  INSUFFICIENT_SCOPE: { status: 403, title: "Insufficient scope" },
  PUBLISHER_UNKNOWN: { status: 403, title: "Repository is not a trusted publisher" },
  PUBLISHER_FORK: { status: 403, title: "Forks can't publish" },
  PUBLISHER_PULL_REQUEST: { status: 403, title: "Pull requests can't publish" },
  PUBLISHER_EVENT: { status: 403, title: "This event can't publish" },
  PUBLISHER_WORKFLOW: { status: 403, title: "This workflow can't publish" },
  PUBLISHER_ENVIRONMENT: { status: 403, title: "This environment can't publish" },
  PUBLISHER_REF: { status: 403, title: "This branch or tag can't publish" },
  LICENSE_REVOKED: { status: 403, title: "License revoked" },
  LICENSE_SUSPENDED: { status: 403, title: "License suspended" },
  LICENSE_EXPIRED: { status: 403, title: "License expired" },
  MACHINE_REQUIRED: { status: 403, title: "Machine fingerprint required" },
  MACHINE_MISMATCH: { status: 403, title: "Token belongs to another machine" },
  MACHINE_DEACTIVATED: { status: 403, title: "Machine not activated" },
  MACHINE_BARRED: { status: 403, title: "Machine barred from this license" },
  TRIAL_USED: { status: 403, title: "Free trial already used on this machine" },
  NOT_ENTITLED: { status: 403, title: "Worker not included in the license" },
  VERSION_NOT_COVERED: { status: 403, title: "Version not covered by the license" },
  LINK_EXPIRED: { status: 403, title: "Download link expired" },
  LINK_INVALID: { status: 403, title: "Invalid download link" },
  FORM_REFUSED: { status: 403, title: "Form not accepted" },
  NOT_FOUND: { status: 404, title: "Page not found" },
  WORKER_NOT_FOUND: { status: 404, title: "Worker not found" },
  VERSION_NOT_FOUND: { status: 404, title: "Version not found" },
  ARTIFACT_NOT_FOUND: { status: 404, title: "File not found" },
  LICENSE_NOT_FOUND: { status: 404, title: "License not found" },
  MACHINE_LIMIT_REACHED: { status: 409, title: "Machine limit reached" },
  CONFLICT: { status: 409, title: "Not possible in the current state" },
  RELEASE_BLOCKED: { status: 410, title: "Release withdrawn" },
  PAYLOAD_TOO_LARGE: { status: 413, title: "Request body too large" },
  RANGE_NOT_SATISFIABLE: { status: 416, title: "Range not satisfiable" },
  VALIDATION_FAILED: { status: 422, title: "Invalid request" },
  RATE_LIMITED: { status: 429, title: "Too many requests" },
  INTERNAL_ERROR: { status: 500, title: "Something went wrong on our side" },
  SERVICE_UNAVAILABLE: { status: 503, title: "Service unavailable" },
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

/** The path of the page about a problem, with its causes and remedy (src/web/reference/problems/pages.tsx). */
export const problemPath = (code: ProblemCode): string => `/docs/problems/${code}`;

/** The URI of a problem's type (RFC 9457, section 3.1.1): its page at `origin`, the service's public address. */
export const problemType = (code: ProblemCode, origin: string): string => origin + problemPath(code);

/** `Retry-After` if the refusal has `retry_after`, else no header. */
export const waitHeaders = ({ extras }: Pick<Refusal, "extras">): Record<string, string> =>
  extras?.retry_after === undefined ? {} : { "Retry-After": String(extras.retry_after) };

/** An answer before it becomes a `Response`, so that headers can still be added cheaply. */
export type Answer = { status: number; headers: Record<string, string>; body: BodyInit | null };

/**
 * A refusal as problem+json (RFC 9457). `error` is the title again, for older clients. 401 has both challenges.
 * `origin` is the service's public address.
 */
export function problemAnswer(refusal: Refusal, requestId: string, origin: string): Answer {
  const { status, title } = PROBLEMS[refusal.code];
  const body = {
    type: problemType(refusal.code, origin),
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
export function problemResponse(refusal: Refusal, requestId: string, origin: string): Response {
  const { body, ...rest } = problemAnswer(refusal, requestId, origin);
  return new Response(body, rest);
}
