import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import Stripe from "stripe";
import { expect, inject } from "vitest";
import { service } from "../../src/app.ts";
import { reconcile as reconcilePurchases } from "../../src/domain/purchase/reconciliation.ts";
import worker from "../../src/index.ts";
import { settleInJob } from "../../src/platform/storage/settle.ts";
import { newAddress } from "./admin-request.ts";
import { STAND_IN_KEY, STAND_IN_WEBHOOK_SECRET } from "./stand-in.ts";

/** Fetches from here fail as from a host that cannot be reached, but without lines of workerd about it. */
const UNREACHABLE = "http://127.0.0.1:9";
const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) =>
  String(input instanceof Request ? input.url : input).startsWith(UNREACHABLE)
    ? Promise.reject(new Error("Network connection lost."))
    : realFetch(input, init);

export type Checkout = { sessionId: string; url: string; cookie: string };

/** Opens a shop with its own Stripe, so that changes to Stripe or its clock reach no other test file. */
export async function openShop(): Promise<Shop> {
  const response = await fetch(inject("standInDesk"), { method: "POST" });
  if (!response.ok) throw new Error(`The stand-in for Stripe does not start: ${await response.text()}`);
  return new Shop(await response.json());
}

/** The Worker as a shop, and the acts of its customers. A test file takes the functions that it needs. */
class Shop {
  readonly #controlUrl: string;
  /** The return addresses that the pay page has led to, by session. */
  readonly #returns = new Map<string, string>();
  /** The SDK, talking to the stand-in. */
  readonly stripe: Stripe;
  /** The Worker's bindings as a shop has them; one object, so that its configuration is read once. */
  readonly shopEnv: Env & { STRIPE_API_BASE: string };

  /** A shop with an unreachable Stripe. */
  readonly deserted: Env;

  constructor({ apiBase, controlUrl }: { apiBase: string; controlUrl: string }) {
    const { hostname, port } = new URL(apiBase);
    this.#controlUrl = controlUrl;
    this.stripe = new Stripe(STAND_IN_KEY, {
      host: hostname,
      port,
      protocol: "http",
      httpClient: Stripe.createFetchHttpClient(),
    });
    this.shopEnv = {
      ...env,
      STRIPE_SECRET_KEY: STAND_IN_KEY,
      STRIPE_WEBHOOK_SECRET: STAND_IN_WEBHOOK_SECRET,
      STRIPE_API_BASE: apiBase,
    };
    this.deserted = { ...this.shopEnv, STRIPE_API_BASE: UNREACHABLE };
  }

  /** Sends one request to the shop and waits for the work behind the response. */
  ask = async (
    method: string,
    path: string,
    { body, headers = {}, at = this.shopEnv }: { body?: unknown; headers?: Record<string, string>; at?: Env } = {},
  ): Promise<Response> => {
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
  };

  /** Calls the stand-in's control surface; throws unless it succeeds. */
  control = async (path: string, body: object = {}): Promise<Record<string, unknown>> => {
    const response = await fetch(`${this.#controlUrl}/${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };

  /** Begins a checkout as a browser does, by `POST /v1/checkout`. */
  begin = async (plan: string, machines?: number): Promise<Checkout> => {
    const response = await this.ask("POST", "/v1/checkout", { body: { plan, ...(machines ? { machines } : {}) } });
    expect(response.status).toBe(201);
    const { url, session_id } = await response.json<{ url: string; session_id: string }>();
    const cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    return { sessionId: session_id, url, cookie };
  };

  /** Presses a button of the pay page. Its browser then stands before the redirect to the return address. */
  press = async (
    url: string,
    action: "pay" | "delayed" | "decline",
    email: string,
    card?: string,
  ): Promise<Response> => {
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams({ email, action, ...(card !== undefined && { card }) }),
      redirect: "manual",
    });
    const location = response.headers.get("Location");
    const sessionId = /session_id=(cs_test_\w+)/.exec(location ?? "")?.[1];
    if (location && sessionId) this.#returns.set(sessionId, location);
    return response;
  };

  /** The return address of a paid checkout, with its secret. */
  returnOf = ({ sessionId }: Pick<Checkout, "sessionId">): string => {
    const address = this.#returns.get(sessionId);
    if (address === undefined) throw new Error(`${sessionId} was not paid`);
    return address;
  };

  /** Follows the redirect of the pay page, in the browser with this cookie or in one without a cookie. */
  comeBack = (checkout: Checkout, withCookie = true): Promise<Response> =>
    this.ask("GET", this.returnOf(checkout), withCookie ? { headers: { Cookie: checkout.cookie } } : {});

  /** Pays a new checkout. No event has reached the shop yet. */
  pay = async (
    plan: string,
    { machines, email = `${crypto.randomUUID()}@example.com` }: { machines?: number; email?: string } = {},
  ): Promise<Checkout & { email: string }> => {
    const checkout = await this.begin(plan, machines);
    await this.press(checkout.url, "pay", email);
    return { ...checkout, email };
  };

  /**
   * Returns the answer to `GET /v1/checkout/{session_id}`: for the buyer, who comes back from the pay page first, or
   * for a browser without the buyer's cookie.
   */
  status = async (checkout: Checkout, withCookie = true) => {
    if (withCookie && this.#returns.has(checkout.sessionId)) await this.comeBack(checkout);
    return this.look(checkout, withCookie);
  };

  /** Returns the answer to `GET /v1/checkout/{session_id}`, with or without the cookie of the checkout's beginning. */
  look = async ({ sessionId, cookie }: Checkout, withCookie = true) => {
    const response = await this.ask(
      "GET",
      `/v1/checkout/${sessionId}`,
      withCookie ? { headers: { Cookie: cookie } } : {},
    );
    expect(response.status).toBe(200);
    return response.json<{
      status: string;
      key?: string;
      masked_key?: string;
      license?: {
        id: string;
        status: string;
        machine_limit: number;
        warning: string | null;
        expires_at: string | null;
        trial_ends_at: string | null;
        trial_refused: string | null;
        machine_limit_after_trial: number | null;
      };
    }>();
  };

  /** Returns the events that the stand-in has recorded about one purchase, oldest first. */
  eventsOf = async (sessionId: string): Promise<Stripe.Event[]> => {
    const session = await this.stripe.checkout.sessions.retrieve(sessionId);
    const marks = [sessionId, session.customer, session.subscription, session.payment_intent].filter(
      (mark): mark is string => typeof mark === "string",
    );
    const events: Stripe.Event[] = [];
    for await (const event of this.stripe.events.list({ limit: 100 })) {
      const text = JSON.stringify(event.data.object);
      if (marks.some((mark) => text.includes(mark))) events.push(event);
    }
    return events.reverse();
  };

  /** Sends an event to the webhook, signed as Stripe signs. */
  deliver = async (event: Stripe.Event, at: Env = this.shopEnv): Promise<Response> => {
    const body = JSON.stringify(event);
    const signature = await this.stripe.webhooks.generateTestHeaderStringAsync({
      payload: body,
      secret: STAND_IN_WEBHOOK_SECRET,
    });
    return this.ask("POST", "/v1/stripe/webhook", { body, headers: { "Stripe-Signature": signature }, at });
  };

  /** Delivers all events of a purchase in order. */
  deliverAll = async (sessionId: string): Promise<void> => {
    for (const event of await this.eventsOf(sessionId)) expect((await this.deliver(event)).status).toBe(200);
  };

  /** Buys a plan and delivers all events of the purchase. */
  bought = async (plan: string, machines?: number): Promise<Checkout & { id: string; key: string }> => {
    const checkout = await this.pay(plan, machines === undefined ? {} : { machines });
    await this.deliverAll(checkout.sessionId);
    const { key = "", license } = await this.status(checkout);
    return { ...checkout, key, id: license?.id ?? "" };
  };
}

/** Returns the columns of a license that payments and admins decide. */
export const facts = (id: string) =>
  env.DB.prepare(
    `SELECT admin_state, refund_state, dispute_state, subscription_state, expires_at, grace_seconds, machine_limit, plan,
       stripe_status, collection_paused, trial_ends_at, cancels_at, price_amount, price_currency, price_interval,
       next_charge_at, next_charge_amount
     FROM licenses WHERE id = ?`,
  )
    .bind(id)
    .first<Record<string, string | number | null>>();

/** Runs the reconciliation, which publishes as the cron does. */
export const reconcile = (bindings: Env, at: number) =>
  reconcilePurchases(bindings, at, (changes) => settleInJob(bindings, service.publishers, changes));
