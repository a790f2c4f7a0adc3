import * as z from "zod";
import { cleanSecret } from "../../src/lib/credential.ts";
import { messageOf } from "../../src/lib/error-message.ts";
import { Refused } from "./refusal.ts";

const Envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).nullish(),
  result: z.unknown().optional(),
});

/** An answer of Cloudflare's API that is an error. `code` is Cloudflare's own, of the first error. */
export class CloudflareError extends Error {
  override readonly name = "CloudflareError";
  readonly status: number;
  readonly code: number | undefined;

  constructor(request: string, status: number, errors: { code: number; message: string }[]) {
    super(
      `Cloudflare answered ${request} with ${status}: ${errors.map(({ message }) => message).join("; ") || "no reason given"}`,
    );
    this.status = status;
    this.code = errors[0]?.code;
  }

  /** Whether the token may not do this. */
  get isForbidden(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

export type Sent = { method?: "GET" | "POST"; query?: Record<string, string>; body?: object; jurisdiction?: string };

/** How long Cloudflare may take for an answer, in milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * Cloudflare's API with the operator's token. Throws `CloudflareError` for an error, and `Refused` without an answer.
 */
export type Cloudflare = <Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  sent?: Sent,
) => Promise<z.output<Schema>>;

/**
 * The API that wrangler uses, found in the same way: CLOUDFLARE_API_BASE_URL and CLOUDFLARE_API_TOKEN
 * (https://developers.cloudflare.com/workers/wrangler/system-environment-variables/). Throws `Refused` without a token,
 * and for a text that is none.
 */
export function openCloudflare(env: NodeJS.Dict<string>): Cloudflare {
  const token = cleanSecret(env["CLOUDFLARE_API_TOKEN"] ?? "");
  const base = env["CLOUDFLARE_API_BASE_URL"] ?? "https://api.cloudflare.com/client/v4";
  if (!token) {
    throw new Refused(
      'Set CLOUDFLARE_API_TOKEN. docs/operations.md ("Going live") lists the permissions that the token needs.',
    );
  }
  // `fetch` would quote a token that cannot be a header.
  if (!/^[\w.~+/=-]+$/.test(token)) {
    throw new Refused("CLOUDFLARE_API_TOKEN has characters that no API token has. Copy it again.");
  }
  return async (schema, path, { method = "GET", query, body, jurisdiction } = {}) => {
    const url = query === undefined ? `${base}${path}` : `${base}${path}?${new URLSearchParams(query)}`;
    const response = await fetch(url, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(jurisdiction === undefined ? {} : { "cf-r2-jurisdiction": jurisdiction }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch((error: unknown) => {
      const reason = messageOf(error instanceof Error && error.cause ? error.cause : error);
      throw new Refused(
        `Cloudflare did not answer ${method} ${path}: ${reason}. Run this again: it continues where it stopped.`,
      );
    });
    const answer = Envelope.safeParse(await response.json().catch(() => null)).data;
    if (response.ok && answer?.success) return schema.parse(answer.result);
    throw new CloudflareError(`${method} ${path}`, response.status, answer?.errors ?? []);
  };
}

/** `ask`, or null for an answer 404. */
export async function unlessMissing<Value>(ask: Promise<Value>): Promise<Value | null> {
  try {
    return await ask;
  } catch (error) {
    if (error instanceof CloudflareError && error.status === 404) return null;
    throw error;
  }
}

/**
 * Every item of a list that answers in pages, until a page brings nothing new. The length of a page tells nothing,
 * because some lists have their own, or answer all at once.
 */
export async function listAll<Item>(cloudflare: Cloudflare, item: z.ZodType<Item>, path: string): Promise<Item[]> {
  const all = new Map<string, Item>();
  for (let page = 1; ; page++) {
    const before = all.size;
    const items = await cloudflare(z.array(item), path, { query: { page: String(page), per_page: "100" } });
    for (const one of items) all.set(JSON.stringify(one), one);
    if (all.size === before) return [...all.values()];
  }
}
