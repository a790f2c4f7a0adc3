import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";

const Begun = z.object({ url: z.url(), session_id: z.string() });
const Status = z.object({
  status: z.enum(["pending", "complete", "failed"]),
  key: z.string().optional(),
  license: z.object({ id: z.string(), machine_limit: z.number() }).optional(),
});

/** A checkout after its pay page was answered. `cookie` (`name=value`) marks the browser that began it. */
export type Purchase = { sessionId: string; cookie: string };
export type Bought = Purchase & { licenseId: string; key: string };

type Order = { machines?: number; email?: string };

const post = (url: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

/**
 * Begins a checkout over HTTP, presses a button of the pay page and comes back, as one browser. A `delayed` payment
 * succeeds later.
 */
export async function pay(
  origin: string,
  plan: string,
  action: "pay" | "delayed",
  { machines, email = "buyer@example.com" }: Order = {},
): Promise<Purchase> {
  const begun = await post(`${origin}/v1/checkout`, { plan, ...(machines === undefined ? {} : { machines }) });
  if (begun.status !== 201) throw new Error(`${plan}: ${begun.status} ${await begun.text()}`);
  const { url, session_id } = Begun.parse(await begun.json());
  const cookie = begun.headers.get("Set-Cookie")?.split(";", 1)[0] ?? "";
  const paid = await fetch(url, { method: "POST", body: new URLSearchParams({ email, action }), redirect: "manual" });
  const back = await fetch(paid.headers.get("Location") ?? "", { headers: { Cookie: cookie } });
  if (back.status !== 200) throw new Error(`${session_id}: ${back.status} ${await back.text()}`);
  return { sessionId: session_id, cookie };
}

/** Buys a plan over HTTP and asks for the key with the cookie. */
export async function buy(origin: string, plan: string, order?: Order): Promise<Bought> {
  const purchase = await pay(origin, plan, "pay", order);
  const answer = await fetch(`${origin}/v1/checkout/${purchase.sessionId}`, { headers: { Cookie: purchase.cookie } });
  const { key, license } = Status.parse(await answer.json());
  if (key === undefined || license === undefined) throw new Error(`${purchase.sessionId} gave no key`);
  return { ...purchase, licenseId: license.id, key };
}

/** The address of a license's billing portal. */
export async function openPortal(origin: string, key: string): Promise<string> {
  const answer = await post(`${origin}/v1/billing-portal`, {}, { Authorization: `Bearer ${key}` });
  return z.object({ url: z.url() }).parse(await answer.json()).url;
}

/** Calls the stand-in's control surface, which answers after its events are delivered. Throws unless it succeeds. */
export async function control(controlUrl: string, path: string, body: object = {}): Promise<unknown> {
  const response = await post(`${controlUrl}/${path}`, body);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/**
 * Asks every half second until `look` answers yes, and returns whether it has. Only the waiting counts, up to
 * `seconds`: how long an answer takes depends on how busy the machine is.
 */
export async function within(seconds: number, look: () => Promise<boolean>): Promise<boolean> {
  for (let waited = 0; waited < seconds * 2; waited++) {
    if (await look()) return true;
    await sleep(500);
  }
  return false;
}
