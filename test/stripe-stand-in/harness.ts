import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { type RunningStandIn, startStandIn } from "../../scripts/stripe-stand-in/start.ts";

export const API_KEY = "sk_test_harness";
export const WEBHOOK_SECRET = "whsec_harness";

/** A webhook endpoint that verifies with the SDK and remembers what arrived, in order. */
export type Endpoint = {
  url: string;
  events: Stripe.Event[];
  types(): string[];
  /** What to answer next; 200 unless told otherwise. */
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
  /** Presses a button of a page. */
  submit(url: string, fields: Record<string, string>): Promise<Response>;
  /** A call of the control surface; throws unless it succeeds. */
  control<T = unknown>(path: string, body?: object): Promise<T>;
  close(): Promise<void>;
};

/** A running stand-in, the SDK that talks to it and an endpoint that listens. */
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

/** The SDK, pointed at a stand-in and otherwise as it is; it does not retry by itself. */
export function stripeFor(apiBase: string, key = API_KEY): Stripe {
  const { hostname, port } = new URL(apiBase);
  return new Stripe(key, { host: hostname, port, protocol: "http", maxNetworkRetries: 0 });
}
