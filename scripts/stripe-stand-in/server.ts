import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { billingPortalCalls } from "./api/billing-portal.ts";
import { catalogCalls } from "./api/catalog.ts";
import { checkoutCalls } from "./api/checkout.ts";
import { creditNoteCalls } from "./api/credit-note.ts";
import { customerCalls } from "./api/customer.ts";
import { eventCalls } from "./api/event.ts";
import { invoiceCalls } from "./api/invoice.ts";
import { moneyCalls } from "./api/money.ts";
import { paymentMethodCalls } from "./api/payment-method.ts";
import { subscriptionCalls } from "./api/subscription.ts";
import { webhookEndpointCalls } from "./api/webhook-endpoint.ts";
import { ApiError } from "./api-error.ts";
import { answerControl } from "./control/surface.ts";
import { answerApi } from "./http/api.ts";
import { escapeHtml, type PageAnswer, page } from "./pages/html.ts";
import { showInvoicePage, submitInvoicePage } from "./pages/invoice-page.ts";
import { showPayPage, submitPayPage } from "./pages/pay-page.ts";
import { showPortalPage, submitPortalPage } from "./pages/portal-page.ts";
import type { StandIn } from "./stand-in.ts";

const LARGEST_BODY = 1_000_000;
const CALLS = [
  ...catalogCalls,
  ...checkoutCalls,
  ...customerCalls,
  ...billingPortalCalls,
  ...subscriptionCalls,
  ...paymentMethodCalls,
  ...invoiceCalls,
  ...creditNoteCalls,
  ...moneyCalls,
  ...eventCalls,
  ...webhookEndpointCalls,
];

/** The stand-in's HTTP server: the API at `/v1`, the control API at `/control`, and pages. It does not listen yet. */
export const standInServer = (standIn: StandIn, apiKey: string, changed: () => void): Server =>
  // A client that is busy for some seconds finds its idle connection open, or it would see a broken request.
  createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    void answer(standIn, apiKey, request, response)
      .catch((error: unknown) => {
        console.error("The Stripe stand-in failed:", error);
        response.writeHead(500).end();
      })
      .finally(changed);
  });

async function answer(
  standIn: StandIn,
  apiKey: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, search } = new URL(request.url ?? "/", standIn.origin);
  const method = request.method ?? "GET";
  const body = await readBody(request);
  if (pathname.startsWith("/v1/")) {
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers))
      if (typeof value === "string") headers.set(name, value);
    const result = answerApi(standIn, CALLS, apiKey, { method, path: pathname, query: search.slice(1), body, headers });
    response.writeHead(result.status, result.headers).end(result.body);
    return;
  }
  if (pathname === "/control" || pathname.startsWith("/control/")) {
    const { status, value } = await answerControl(standIn, method, pathname, body);
    response.writeHead(status, { "Content-Type": "application/json" }).end(`${JSON.stringify(value, null, 2)}\n`);
    return;
  }
  sendPage(response, await answerPage(standIn, method, pathname, new URLSearchParams(body)));
}

async function answerPage(standIn: StandIn, method: string, path: string, form: URLSearchParams): Promise<PageAnswer> {
  const [, area, kind, id = ""] = path.split("/");
  try {
    if (area === "c" && kind === "pay") {
      return method === "POST" ? await submitPayPage(standIn, id, form) : showPayPage(standIn, id);
    }
    if (area === "i" && kind) {
      return method === "POST" ? await submitInvoicePage(standIn, kind) : showInvoicePage(standIn, kind);
    }
    if (area === "p" && kind === "session") {
      return method === "POST" ? await submitPortalPage(standIn, id, form) : showPortalPage(standIn, id);
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, html: page("Error", `<h1 class="error">${escapeHtml(error.message)}</h1>`) };
  }
  return { status: 404, html: page("Not found", "<h1>There is no such page.</h1>") };
}

function sendPage(response: ServerResponse, result: PageAnswer): void {
  if ("location" in result) {
    response.writeHead(result.status, { Location: result.location }).end();
    return;
  }
  const headers = { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" };
  response.writeHead(result.status, headers).end(result.html);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > LARGEST_BODY) throw new Error("The request is too large.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}
