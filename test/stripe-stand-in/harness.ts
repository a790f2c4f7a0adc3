import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { type RunningStandIn, startStandIn } from "../../scripts/stripe-stand-in/start.ts";

export const API_KEY = "sk_test_harness";
export const WEBHOOK_SECRET = "whsec_harness";

/** A webhook endpoint that verifies events with the SDK and stores them in order. */
export type Endpoint = {
  url: string;
  events: Stripe.Event[];
  types(): string[];
  /** The status codes of the next answers; 200 after them. */
  answers: number[];
  close(): Promise<void>;
};

/** Starts an endpoint on any free port. */
async function startEndpoint(): Promise<Endpoint> {
  const events: Stripe.Event[] = [];
  const answers: number[] = [];
  const stripe = new Stripe(API_KEY);
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const signature = request.headers["stripe-signature"];
      stripe.webhooks
        .constructEventAsync(body, typeof signature === "string" ? signature : "", WEBHOOK_SECRET)
        .then((event) => {
          events.push(event);
          response.writeHead(answers.shift() ?? 200).end();
        })
        .catch(() => response.writeHead(400).end());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    events,
    answers,
    types: () => events.map((event) => event.type),
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type Bench = {
  standIn: RunningStandIn;
  stripe: Stripe;
  endpoint: Endpoint;
  /** Submits the form of a page. */
  submit(url: string, fields: Record<string, string>): Promise<Response>;
  /** Makes a call of the control API. Throws unless it succeeds. */
  control<T = unknown>(path: string, body?: object): Promise<T>;
  close(): Promise<void>;
};

/** Starts a stand-in, an SDK client for it and a webhook endpoint. */
export async function startBench(options: { statePath?: string | null } = {}): Promise<Bench> {
  const endpoint = await startEndpoint();
  const standIn = await startStandIn({
    port: 0,
    apiKey: API_KEY,
    webhookSecret: WEBHOOK_SECRET,
    webhookUrl: endpoint.url,
    statePath: options.statePath ?? null,
  });
  return {
    standIn,
    endpoint,
    stripe: stripeFor(standIn.apiBase),
    submit: (url, fields) => fetch(url, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" }),
    async control(path, body) {
      const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
      const response = await fetch(`${standIn.controlUrl}/${path}`, init);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return JSON.parse(await response.text());
    },
    async close() {
      await standIn.close();
      await endpoint.close();
    },
  };
}

/** An SDK client for a stand-in, without retries. */
export function stripeFor(apiBase: string, key = API_KEY): Stripe {
  const { hostname, port } = new URL(apiBase);
  return new Stripe(key, { host: hostname, port, protocol: "http", maxNetworkRetries: 0 });
}

/** The price of a plan, by its lookup key. */
export async function priceOf({ stripe }: Bench, plan: string): Promise<string> {
  const { data } = await stripe.prices.list({ lookup_keys: [plan] });
  const [price] = data;
  if (!price) throw new Error(`no price for ${plan}`);
  return price.id;
}

/** Creates an open checkout session for a plan. */
export async function openSession(
  bench: Bench,
  plan: "premium-monthly" | "premium-lifetime",
  more: Stripe.Checkout.SessionCreateParams & { quantity?: number } = {},
): Promise<Stripe.Checkout.Session> {
  const { quantity = 5, ...params } = more;
  return bench.stripe.checkout.sessions.create({
    mode: plan === "premium-monthly" ? "subscription" : "payment",
    line_items: [{ price: await priceOf(bench, plan), quantity }],
    success_url: "https://catalog.test/success?id={CHECKOUT_SESSION_ID}",
    cancel_url: "https://catalog.test/cancelled",
    ...params,
  });
}

/** Buys a plan on the pay page and returns the session after that. */
export async function buy(...[bench, plan, more]: Parameters<typeof openSession>): Promise<Stripe.Checkout.Session> {
  const session = await openSession(bench, plan, more);
  await bench.submit(session.url ?? "", { email: "buyer@example.com", action: "pay" });
  return bench.stripe.checkout.sessions.retrieve(session.id);
}

/** Buys the monthly plan and returns the subscription. */
export async function subscribe(bench: Bench, trialDays = 0, quantity = 5): Promise<Stripe.Subscription> {
  const session = await buy(bench, "premium-monthly", {
    quantity,
    ...(trialDays > 0 ? { subscription_data: { trial_period_days: trialDays } } : {}),
  });
  return subscriptionOf(bench, session);
}

/** The current subscription of a session. */
export async function subscriptionOf(
  bench: Bench,
  { subscription }: Stripe.Checkout.Session,
): Promise<Stripe.Subscription> {
  if (typeof subscription !== "string") throw new Error("the session has no subscription");
  return bench.stripe.subscriptions.retrieve(subscription);
}
