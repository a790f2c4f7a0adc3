import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { expect, vi } from "vitest";
import { deliverTo } from "../../src/domain/webhooks/delivery/run.ts";
import { currentTime } from "../../src/lib/time.ts";
import { ask, makeToken } from "./admin-request.ts";
import type { Received } from "./node/receiver-desk.ts";
import { openReceiver, type Receiver } from "./webhook-receiver.ts";

/** A message of a webhook, parsed. */
export type SentEvent = {
  id: string;
  sequence: number;
  previous_sequence: number | null;
  type: string;
  timestamp: string;
  data: { subject: string; actor: string; reason: string | null; details: object; request_id: string | null };
};

/** The members of an endpoint that tests look at. */
export type EndpointView = {
  id: string;
  url: string;
  state: string;
  disabled_by: string | null;
  failing_since: string | null;
  queued_through: number;
  pending: number;
  failed: number;
  former_secret_until: string | null;
};

/** Asks for an operation of webhooks as an admin who may do all of them. */
export async function askWebhooks(method: string, path = "", body?: object, headers = {}): Promise<Response> {
  const { token } = await makeToken(["webhooks:write"]);
  return ask(method, `/v1/admin/webhooks${path}`, { token, ...(body && { body }), headers });
}

/** The answer to an operation that must succeed. */
export async function webhooks<Answer = { endpoint: EndpointView; secret: string }>(
  method: string,
  path = "",
  body?: object,
): Promise<Answer> {
  const answer = await askWebhooks(method, path, body);
  expect([path, answer.status < 300]).toEqual([path, true]);
  return answer.json<Answer>();
}

/** An endpoint with its receiver and its secret. */
export type Hook = { id: string; secret: string; receiver: Receiver };

/** Adds an endpoint of a new receiver: of all types, unless `types` names some. */
export async function addHook(wanted: { types?: string[]; after?: number } = {}): Promise<Hook> {
  const receiver = await openReceiver();
  const { endpoint, secret } = await webhooks("POST", "", { url: receiver.url, reason: "r", ...wanted });
  return { id: endpoint.id, secret, receiver };
}

/** Reads an endpoint. */
export const readHook = async ({ id }: Pick<Hook, "id">): Promise<EndpointView> =>
  (await webhooks<{ endpoint: EndpointView }>("GET", `/${id}`)).endpoint;

/** Sends what is due to an endpoint at `now`, as its job does; no pause between attempts is longer or shorter. */
export const deliver = (
  { id }: Pick<Hook, "id">,
  { now = currentTime(), ...options }: { now?: number; timeoutMs?: number; rounds?: number } = {},
): Promise<{ hasMore: boolean }> => deliverTo(env, id, { clock: () => now, random: () => 0.5, ...options });

/** The messages that a receiver got, each verified by the specification's own package with the secret. */
export async function verified({ receiver, secret }: Hook): Promise<SentEvent[]> {
  const webhook = new Webhook(secret);
  return (await receiver.received()).map(({ method, headers, body }: Received) => {
    expect(method).toBe("POST");
    expect(headers).toMatchObject({ "content-type": "application/json" });
    // A message is verified when it arrives.
    vi.setSystemTime(Number(headers["webhook-timestamp"]) * 1000);
    const event = webhook.verify(body, headers) as SentEvent;
    vi.useRealTimers();
    expect(event.id).toBe(headers["webhook-id"]);
    return event;
  });
}
