import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import Stripe from "stripe";
import { expect, inject } from "vitest";
import { reconcile as reconcilePurchases } from "../../src/domain/purchase/reconciliation.ts";
import worker from "../../src/index.ts";
import { settleInJob } from "../../src/platform/storage/settle.ts";
import { service } from "../../src/service.ts";
import { newAddress } from "./admin-request.ts";
import { STAND_IN_KEY, STAND_IN_WEBHOOK_SECRET } from "./stand-in-secrets.ts";

const { still, moving } = inject("standIns");
const testFile = expect.getState().testPath?.split("/").at(-1) ?? "";
const { apiBase, controlUrl } = moving[testFile] ?? still;
const { hostname, port } = new URL(apiBase);

/** The SDK, talking to the stand-in. */
export const stripe = new Stripe(STAND_IN_KEY, {
  host: hostname,
  port,
  protocol: "http",
  httpClient: Stripe.createFetchHttpClient(),
});

/** The Worker's bindings as a shop has them; one object, so that its configuration is read once. */
export const shopEnv = {
  ...env,
  STRIPE_SECRET_KEY: STAND_IN_KEY,
  STRIPE_WEBHOOK_SECRET: STAND_IN_WEBHOOK_SECRET,
  STRIPE_API_BASE: apiBase,
};

/** One request to the shop; work behind the response is waited for. */
export async function ask(
  method: string,
  path: string,
  { body, headers = {}, at = shopEnv }: { body?: unknown; headers?: Record<string, string>; at?: Env } = {},
): Promise<Response> {
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, "https://catalog.test"), {
    method,
    redirect: "manual",
    headers: {
      "CF-Connecting-IP": newAddress(),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const context = createExecutionContext();
  const response = await worker.fetch(request, at, context);
  await waitOnExecutionContext(context);
  return response;
}

/** A call of the stand-in's control surface; throws unless it succeeds. */
export async function control(path: string, body: object = {}): Promise<Record<string, unknown>> {
  const response = await fetch(`${controlUrl}/${path}`, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

export type Checkout = { sessionId: string; url: string; cookie: string };

/** `POST /v1/checkout`, as a browser begins it. */
export async function begin(plan: string, machines?: number): Promise<Checkout> {
  const response = await ask("POST", "/v1/checkout", { body: { plan, ...(machines ? { machines } : {}) } });
  expect(response.status).toBe(201);
  const { url, session_id } = await response.json<{ url: string; session_id: string }>();
  const cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  return { sessionId: session_id, url, cookie };
}

/** Presses a button of the pay page. */
export async function press(url: string, action: "pay" | "delayed" | "decline", email: string): Promise<Response> {
  return fetch(url, { method: "POST", body: new URLSearchParams({ email, action }), redirect: "manual" });
}

/** A checkout that is paid; nothing has told the shop yet. */
export async function pay(
  plan: string,
  { machines, email = `${crypto.randomUUID()}@example.com` } = {} as {
    machines?: number;
    email?: string;
  },
): Promise<Checkout & { email: string }> {
  const checkout = await begin(plan, machines);
  await press(checkout.url, "pay", email);
  return { ...checkout, email };
}

/** `GET /v1/checkout/{session_id}`, with or without the buyer's cookie. */
export async function status({ sessionId, cookie }: Checkout, withCookie = true) {
  const response = await ask("GET", `/v1/checkout/${sessionId}`, withCookie ? { headers: { Cookie: cookie } } : {});
  expect(response.status).toBe(200);
  return response.json<{
    status: string;
    key?: string;
    masked_key?: string;
    license?: { id: string; status: string; machine_limit: number; warning: string | null; expires_at: string | null };
  }>();
}

/** The events that the stand-in has recorded about one purchase, oldest first. */
export async function eventsOf(sessionId: string): Promise<Stripe.Event[]> {
  const session = await stripe.checkout.sessions.retrieve(sessionId);
  const marks = [sessionId, session.customer, session.subscription, session.payment_intent].filter(
    (mark): mark is string => typeof mark === "string",
  );
  const events: Stripe.Event[] = [];
  for await (const event of stripe.events.list({ limit: 100 })) {
    const text = JSON.stringify(event.data.object);
    if (marks.some((mark) => text.includes(mark))) events.push(event);
  }
  return events.reverse();
}

/** Sends an event to the webhook, signed as Stripe signs. */
export async function deliver(event: Stripe.Event, at: Env = shopEnv): Promise<Response> {
  const body = JSON.stringify(event);
  const signature = await stripe.webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret: STAND_IN_WEBHOOK_SECRET,
  });
  return ask("POST", "/v1/stripe/webhook", { body, headers: { "Stripe-Signature": signature }, at });
}

/** Delivers everything that has happened to a purchase, in order. */
export async function deliverAll(sessionId: string): Promise<void> {
  for (const event of await eventsOf(sessionId)) expect((await deliver(event)).status).toBe(200);
}

/** What the ledger says of a license that money decides, and an admin. */
export const facts = (id: string) =>
  env.DB.prepare(
    `SELECT admin_state, refund_state, dispute_state, subscription_state, expires_at, grace_seconds, machine_limit, plan
     FROM licenses WHERE id = ?`,
  )
    .bind(id)
    .first<Record<string, string | number | null>>();

/** A purchase that everybody has been told of. */
export async function bought(plan: string, machines?: number): Promise<Checkout & { id: string; key: string }> {
  const checkout = await pay(plan, machines === undefined ? {} : { machines });
  await deliverAll(checkout.sessionId);
  const { key = "", license } = await status(checkout);
  return { ...checkout, key, id: license?.id ?? "" };
}

/** A run of the reconciliation, which publishes as the cron does. */
export const reconcile = (bindings: Env, at: number) =>
  reconcilePurchases(bindings, at, (changes) => settleInJob(bindings, service.publishers, changes));
