import { setTimeout as sleepMs } from "node:timers/promises";
import type * as z from "zod";
import { CliError, EXIT } from "./errors.ts";
import { problemError } from "./problem.ts";
import { proxyOnTheWay } from "./proxy.ts";
import { sendRequest } from "./transport.ts";

export type CatalogRequest = {
  method?: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Starts with a slash. Build it with `path`. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  /** An object is sent as JSON. A Blob is streamed unchanged. */
  body?: object | Blob;
  /** The bearer credential, instead of the client's own. */
  credential?: string | undefined;
  /** Marks a POST as idempotent, so that it may be retried after a failure. */
  repeatable?: boolean;
  /** Milliseconds to wait for the answer, instead of the default. */
  timeoutMs?: number;
  /** The number of attempts, instead of five. */
  attempts?: number;
};

export type ClientOptions = {
  url: string;
  /** The bearer credential of every request that has none of its own. A function is asked before each attempt. */
  credential?: string | (() => Promise<string>) | null | undefined;
  /** Called with a message before each wait for a retry. */
  onRetry?: (message: string) => void;
  sleep?: (ms: number) => Promise<unknown>;
};

const ATTEMPTS = 5;
const FIRST_DELAY_MS = 500;
/** A longer Retry-After is reported as the failure instead of waited for. */
const LONGEST_WAIT_MS = 90_000;
/** A part of an upload may be many MiB on a slow line. */
const TIMEOUT_MS = { json: 30_000, bytes: 30 * 60_000 };

/** A path with percent-encoded values: path`/v1/workers/${id}`. No value can leave its segment. */
export const path = (texts: TemplateStringsArray, ...values: (string | number)[]): string =>
  String.raw({ raw: texts }, ...values.map((value) => encodeURIComponent(value)));

/** An HTTP client of the catalog. It retries idempotent requests and throws refusals as `ProblemError`. */
export class CatalogClient {
  readonly url: string;
  /** Waits for some milliseconds. */
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.url = options.url;
    this.sleep = options.sleep ?? sleepMs;
    this.#options = options;
  }

  /** Sends a request and reads its JSON answer. Throws `ProblemError` for a refusal, `CliError` for anything else. */
  async json<Schema extends z.ZodType>(schema: Schema, request: CatalogRequest): Promise<z.output<Schema>> {
    return (await this.exchange(schema, request)).answer;
  }

  /** Like `json`, with the response's `Retry-After`. */
  async exchange<Schema extends z.ZodType>(
    schema: Schema,
    request: CatalogRequest,
  ): Promise<{ answer: z.output<Schema>; retryAfter: string | null }> {
    const response = await this.send(request);
    const answer = schema.safeParse(await response.json().catch(() => undefined));
    if (answer.success) return { answer: answer.data, retryAfter: response.headers.get("Retry-After") };
    throw new CliError(
      EXIT.failure,
      `The answer from ${this.url}${request.path} is not one of a catalog. Check --url, or update this command.`,
    );
  }

  /** POSTs JSON to an operation that is idempotent, so that it may be retried, and reads the JSON answer. */
  post<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    body: object,
    options: Pick<CatalogRequest, "credential" | "headers" | "attempts"> = {},
  ): Promise<z.output<Schema>> {
    return this.json(schema, { method: "POST", path, body, repeatable: true, ...options });
  }

  /**
   * Sends a request and returns its successful response, whose body is in memory. Retries up to four times: every
   * request if the catalog is busy (429), an idempotent one also if the catalog fails (5xx) or is unreachable. Honors
   * Retry-After. `sendRequest` decides where a credential may go.
   */
  async send(request: CatalogRequest): Promise<Response> {
    const { onRetry } = this.#options;
    const method = request.method ?? "GET";
    const repeatable = method !== "POST" || request.repeatable === true;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(method, request);
      if (outcome instanceof Response && outcome.ok) return outcome;
      const failure =
        outcome instanceof Response ? problemError(outcome.status, await outcome.text(), this.url) : outcome;
      const status = outcome instanceof Response ? outcome.status : null;
      const mayRepeat = status === 429 || (repeatable && (status === null || status >= 500));
      const wait = retryDelay(attempt, outcome instanceof Response ? outcome.headers.get("Retry-After") : null);
      if (!mayRepeat || attempt >= (request.attempts ?? ATTEMPTS) || wait > LONGEST_WAIT_MS) throw failure;
      onRetry?.(`${firstLine(failure.message)} Trying again in ${Math.ceil(wait / 1000)} s.`);
      await this.sleep(wait);
    }
  }

  async #attempt(method: string, request: CatalogRequest): Promise<Response | CliError> {
    const url = new URL(this.url + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const { body } = request;
    const isJson = body !== undefined && !(body instanceof Blob);
    const own = this.#options.credential;
    const credential = request.credential ?? (typeof own === "function" ? await own() : own);
    try {
      const response = await sendRequest(url, {
        method,
        headers: {
          "User-Agent": "rbee-catalog",
          ...request.headers,
          ...(isJson ? { "Content-Type": "application/json" } : {}),
        },
        credential: credential || null,
        timeoutMs: request.timeoutMs ?? (body instanceof Blob ? TIMEOUT_MS.bytes : TIMEOUT_MS.json),
        follow: true,
        ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
      });
      // Read here, because a body that breaks off or comes too late is a failure like a lost connection.
      const bytes = await response.arrayBuffer();
      return new Response(bytes.byteLength > 0 ? bytes : null, response);
    } catch (error) {
      if (error instanceof CliError) throw error;
      return networkError(this.url, error);
    }
  }
}

/** The error for a request without an answer from `url`. */
export function networkError(url: string, error: unknown): CliError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message || ("code" in cause ? String(cause.code) : cause.name) : "";
  const proxy = proxyOnTheWay(new URL(url));
  const way = proxy === null ? "" : ` through the proxy ${proxy}`;
  return new CliError(EXIT.unavailable, `${new URL(url).origin} cannot be reached${way}: ${reason}.`, { cause: error });
}

/**
 * Milliseconds to wait before attempt `attempt` + 1: the Retry-After (RFC 9110: seconds or a date) and up to a quarter
 * more, else half a second, doubled each time, half of it random. Clients that failed together do not retry together.
 */
export function retryDelay(
  attempt: number,
  retryAfter: string | null,
  now = Date.now(),
  random = Math.random(),
): number {
  if (retryAfter !== null) {
    const at = /^\d+$/.test(retryAfter) ? now + Number(retryAfter) * 1000 : Date.parse(retryAfter);
    if (!Number.isNaN(at)) return Math.max(0, at - now) * (1 + random / 4);
  }
  return FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + random / 2);
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";
