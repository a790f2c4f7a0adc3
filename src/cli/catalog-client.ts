import { setTimeout as sleepMs } from "node:timers/promises";
import type * as z from "zod";
import { CliError, EXIT, problemError } from "./errors.ts";

export type CatalogRequest = {
  method?: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** From the catalog's root, starting with a slash. Build it with `path`. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON; a Blob is sent as it is, from where it lies. */
  body?: object | Blob;
  /** The bearer's secret. */
  credential?: string;
  /** For a POST that does the same when it is sent twice: it may be sent again after a failure in the middle. */
  repeatable?: boolean;
  /** Milliseconds to wait for the answer, if not the usual ones. */
  timeoutMs?: number;
};

export type ClientOptions = {
  url: string;
  /** Told of each wait before another attempt. */
  onRetry?: (message: string) => void;
  sleep?: (ms: number) => Promise<unknown>;
};

const ATTEMPTS = 5;
const FIRST_DELAY_MS = 500;
/** A server that asks for a longer wait is told to the person, not waited for. */
const LONGEST_WAIT_MS = 90_000;
/** A part of an upload may be many MiB on a slow line. */
const TIMEOUT_MS = { json: 30_000, bytes: 30 * 60_000 };

/** A path with each value percent-encoded: path`/v1/workers/${id}`. No value can leave its segment. */
export const path = (texts: TemplateStringsArray, ...values: (string | number)[]): string =>
  String.raw({ raw: texts }, ...values.map((value) => encodeURIComponent(value)));

/** The catalog over HTTP: retries what is safe to retry, and throws what is refused as `CliError`. */
export class CatalogClient {
  readonly url: string;
  readonly #onRetry: (message: string) => void;
  readonly #sleep: (ms: number) => Promise<unknown>;

  constructor({ url, onRetry = () => {}, sleep = (ms) => sleepMs(ms) }: ClientOptions) {
    this.url = url;
    this.#onRetry = onRetry;
    this.#sleep = sleep;
  }

  /** Sends a request and reads its JSON answer. Throws `ProblemError` for a refusal, `CliError` for anything else. */
  async json<Schema extends z.ZodType>(schema: Schema, request: CatalogRequest): Promise<z.output<Schema>> {
    const response = await this.send(request);
    const answer = schema.safeParse(await response.json().catch(() => undefined));
    if (answer.success) return answer.data;
    throw new CliError(
      EXIT.failure,
      `What answered at ${this.url}${request.path} does not speak the catalog's language.`,
    );
  }

  /**
   * Sends a request and returns its successful response, after up to four more attempts: always when the catalog was
   * busy (429), and for a repeatable request when it failed (5xx) or could not be reached. Honours Retry-After.
   */
  async send(request: CatalogRequest): Promise<Response> {
    const method = request.method ?? "GET";
    const repeatable = method !== "POST" || request.repeatable === true;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(method, request);
      if (outcome instanceof Response && outcome.ok) return outcome;
      const failure = outcome instanceof Response ? problemError(outcome.status, await outcome.text()) : outcome;
      const status = outcome instanceof Response ? outcome.status : null;
      const mayRepeat = status === 429 || (repeatable && (status === null || status >= 500));
      const wait = retryDelay(attempt, outcome instanceof Response ? outcome.headers.get("Retry-After") : null);
      if (!mayRepeat || attempt >= ATTEMPTS || wait > LONGEST_WAIT_MS) throw failure;
      this.#onRetry(`${firstLine(failure.message)} Trying again in ${Math.ceil(wait / 1000)} s.`);
      await this.#sleep(wait);
    }
  }

  async #attempt(method: string, request: CatalogRequest): Promise<Response | CliError> {
    const url = new URL(this.url + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const { body } = request;
    const headers = new Headers({ "User-Agent": "rbee-catalog", ...request.headers });
    if (request.credential !== undefined) headers.set("Authorization", `Bearer ${request.credential}`);
    if (body !== undefined && !(body instanceof Blob)) headers.set("Content-Type", "application/json");
    const timeout = request.timeoutMs ?? (body instanceof Blob ? TIMEOUT_MS.bytes : TIMEOUT_MS.json);
    try {
      return await fetch(url, {
        method,
        headers,
        signal: AbortSignal.timeout(timeout),
        ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
      });
    } catch (error) {
      return networkError(this.url, error);
    }
  }
}

/** The error for a request that got no answer from `url`. */
export function networkError(url: string, error: unknown): CliError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message || ("code" in cause ? String(cause.code) : cause.name) : "";
  return new CliError(EXIT.unavailable, `${new URL(url).origin} cannot be reached: ${reason}.`, { cause: error });
}

/**
 * Milliseconds to wait before attempt number `attempt` + 1: what Retry-After says (RFC 9110: seconds, or a date), else
 * half a second doubled each time. Half of that is left to chance, so that clients that failed together spread out.
 */
export function retryDelay(
  attempt: number,
  retryAfter: string | null,
  now = Date.now(),
  random = Math.random(),
): number {
  if (retryAfter !== null) {
    const at = /^\d+$/.test(retryAfter) ? now + Number(retryAfter) * 1000 : Date.parse(retryAfter);
    if (!Number.isNaN(at)) return Math.max(0, at - now);
  }
  return FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + random / 2);
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";
