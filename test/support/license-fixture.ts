import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { ask, makeToken, newAddress } from "./admin-request.ts";
import { askWorker } from "./ask-worker.ts";

export type IssuedLicense = { id: string; key: string };

/** An owner's token. */
export const ownerToken = async (): Promise<string> => (await makeToken(["owner"])).token;

/** A license issued through the API, as an admin issues one. */
export async function issueLicense(
  wanted: { plan?: string; email?: string; machine_limit?: number; expires_at?: string } = {},
): Promise<IssuedLicense> {
  // Without a mail, so that nothing is being sent when the test ends.
  const body = { plan: "premium-lifetime", email: "ada@example.com", send_mail: false, ...wanted };
  const response = await ask("POST", "/v1/admin/licenses", { token: await ownerToken(), body });
  expect(response.status).toBe(201);
  const { license, key } = await response.json<{ license: { id: string }; key: string }>();
  return { id: license.id, key };
}

/** One request of a hive. The credential goes as Bearer unless `headers` say otherwise. */
export function hive(
  method: string,
  path: string,
  { credential, body, headers = {} }: { credential?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  return askWorker(new URL(path, "https://catalog.test"), {
    method,
    redirect: "manual",
    headers: {
      "CF-Connecting-IP": newAddress(),
      ...(credential === undefined ? {} : { Authorization: `Bearer ${credential}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** `POST /v1/licenses/activate`. */
export const activate = (key: string, fingerprint: string, more: object = {}): Promise<Response> =>
  hive("POST", "/v1/licenses/activate", { credential: key, body: { fingerprint, ...more } });

/** The token of a machine that is activated for it. */
export async function tokenFor(key: string, fingerprint: string, more: object = {}): Promise<string> {
  const response = await activate(key, fingerprint, more);
  expect(response.ok).toBe(true);
  return (await response.json<{ token: string }>()).token;
}

/** An admin's act on a license. */
export async function adminAct(
  id: string,
  action: string,
  more: object = {},
  scopes?: "licenses:write",
): Promise<Response> {
  const token = scopes ? (await makeToken([scopes])).token : await ownerToken();
  return ask("POST", `/v1/admin/licenses/${id}/${action}`, { token, body: { reason: "because", ...more } });
}

/** How many rows a table has under a condition. */
export async function count(table: string, where = "1 = 1"): Promise<number> {
  const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).first<{ n: number }>();
  return row?.n ?? -1;
}
