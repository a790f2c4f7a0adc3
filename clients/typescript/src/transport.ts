import { CatalogError, errorOfAnswer } from "./error.ts";

/** The ways of a client to the network and the clock. Each has a default. */
export type TransportOptions = {
  /** Another `fetch`, for example one that goes by a proxy. */
  fetch?: typeof fetch;
  /** How often a request is tried. Default 4. */
  attempts?: number;
  /** How long an attempt may take, in milliseconds. Default 30,000. */
  timeoutMs?: number;
  /** Waits between two attempts. Another one makes tests fast. */
  sleep?: (milliseconds: number) => Promise<void>;
};

export type Transport = Required<TransportOptions>;

export const transportOf = (options: TransportOptions): Transport => ({
  fetch: options.fetch ?? ((input, init) => fetch(input, init)),
  attempts: options.attempts ?? 4,
  timeoutMs: options.timeoutMs ?? 30_000,
  sleep: options.sleep ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))),
});

/** A request of the catalog's API. */
export type ApiRequest = {
  url: URL;
  method: "GET" | "POST";
  headers?: Record<string, string>;
  /** A clean credential, or null. */
  credential: string | null;
  body?: string;
  signal?: AbortSignal | undefined;
};

/** The answer of a successful request: its text is in memory. */
export type Answer = { text: string; headers: Headers };

const FIRST_DELAY_MS = 500;
/** A longer wait than this is the caller's to decide about. */
const LONGEST_WAIT_S = 60;

/** Host names of this machine itself, where no network can read plain http. */
const LOOPBACK = /^(([a-z0-9-]+\.)*localhost\.?|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether nobody between this machine and a URL can read or alter a request. */
export const isPrivate = ({ protocol, hostname }: URL): boolean =>
  protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));

/**
 * Sends a request that may be repeated, up to `attempts` times: while the catalog is busy, fails or cannot be reached.
 * It honors `Retry-After` up to a minute. Throws `CatalogError`, and the signal's reason if the caller aborts.
 */
export async function send(transport: Transport, request: ApiRequest): Promise<Answer> {
  if (!isPrivate(request.url)) {
    throw new CatalogError("URL_NOT_SECURE", `${request.url.origin} is not asked, because plain http can be altered.`);
  }
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(transport, request);
    if (!(outcome instanceof CatalogError)) return outcome;
    const wait = outcome.retryAfter ?? (FIRST_DELAY_MS / 1000) * 2 ** (attempt - 1);
    if (!isTemporary(outcome) || attempt >= transport.attempts || wait > LONGEST_WAIT_S) throw outcome;
    // Clients that failed together do not come back together.
    await transport.sleep(wait * 1000 * (1 + Math.random() / 4));
    request.signal?.throwIfAborted();
  }
}

/** Whether the same request may succeed a moment later. */
export const isTemporary = ({ code, status }: CatalogError): boolean =>
  code === "NETWORK" || status === 429 || (status !== null && status >= 500);

async function attemptOnce(transport: Transport, request: ApiRequest): Promise<Answer | CatalogError> {
  const { url, method, credential, body } = request;
  const headers = new Headers(request.headers);
  if (credential !== null && !headers.has("Authorization")) headers.set("Authorization", `Bearer ${credential}`);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  const timeout = AbortSignal.timeout(transport.timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  try {
    const response = await transport.fetch(url, {
      method,
      headers,
      signal,
      // A credential follows no redirect, nor does a body, which may have a token. For the rest, the place that the
      // answer came from is looked at afterwards.
      redirect: credential === null && method === "GET" ? "follow" : "manual",
      ...(body === undefined ? {} : { body }),
    });
    const elsewhere = redirectOf(url, response);
    if (elsewhere !== null) {
      await response.body?.cancel();
      return elsewhere;
    }
    // Read here, because a body that breaks off is a failure like a lost connection.
    const text = await textOf(response);
    if (text === null) return new CatalogError("ANSWER_UNEXPECTED", `The answer of ${url.origin} is too long.`);
    return response.ok ? { text, headers: response.headers } : errorOfAnswer(response, text);
  } catch (cause) {
    request.signal?.throwIfAborted();
    return new CatalogError("NETWORK", `${url.origin} cannot be reached: ${reasonOf(cause)}.`, { cause });
  }
}

/** No answer but a file is longer, in bytes. KV, where the catalog keeps its longest ones, holds 25 MiB. */
const LONGEST_ANSWER = 32 * 1024 ** 2;

/** The text of a body, or null for one that is too long. */
export async function textOf({ body }: Response): Promise<string | null> {
  // Not by `text`, which has no limit, and by which workerd warns of a status list, whose media type is no text.
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const reader = body?.getReader();
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (value === undefined) return text + decoder.decode();
    size += value.length;
    if (size > LONGEST_ANSWER) {
      await reader?.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** The error of an answer that leads, or has led, to another origin; null if there is none. */
function redirectOf(url: URL, response: Response): CatalogError | null {
  // A browser shows nothing of a redirect but its type.
  const type: string = response.type;
  const isRedirect = type === "opaqueredirect" || [301, 302, 303, 307, 308].includes(response.status);
  const origin = response.url === "" ? url.origin : new URL(response.url).origin;
  if (!isRedirect && origin === url.origin) return null;
  const location = response.headers.get("Location");
  const named = location !== null && URL.canParse(location, url.href) ? new URL(location, url.href).origin : null;
  const to = isRedirect ? (named ?? "another address") : origin;
  return new CatalogError("REDIRECT_REFUSED", `${url.origin} redirects to ${to}. Use the catalog's own address.`);
}

/** The reason of a failed `fetch`. Node puts it into the cause. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return "unknown";
  return cause.message || cause.name;
}
