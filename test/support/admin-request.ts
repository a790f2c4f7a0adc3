import { env } from "cloudflare:workers";
import { currentTime, type UnixSeconds } from "../../src/lib/time.ts";
import type { Scope } from "../../src/platform/config/scopes.ts";
import { type AdminToken, createAdminToken } from "../../src/platform/identity/admin-token.ts";
import { askWorker } from "./ask-worker.ts";

const SYSTEM = { actor: "system", requestId: null } as const;

/** Makes a token in the ledger, as the first token of a deployment is made. `workers`: it is limited to these. */
export const makeToken = (
  scopes: Scope[],
  expires_at: UnixSeconds | null = null,
  workers: string[] | null = null,
): Promise<{ token: string; record: AdminToken }> =>
  createAdminToken(env.DB, { ...SYSTEM, now: currentTime() }, { name: "test", scopes, expires_at, workers });

/** Returns a new sender address, which no rate limit has counted yet. */
export const newAddress = (): string => Array.from(crypto.getRandomValues(new Uint8Array(4)), String).join(".");

/** Sends one request to the admin API. Without a token it has no credential; a string body is sent unchanged. */
export function ask(
  method: string,
  path: string,
  { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  return askWorker(`https://catalog.test${path}`, {
    method,
    headers: {
      "CF-Connecting-IP": newAddress(),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

/** Returns the `code` of a problem response. */
export const codeOf = async (response: Response): Promise<unknown> =>
  (await response.json<Record<string, unknown>>())["code"];
