import { ApiError } from "../api-error.ts";
import type { StandIn } from "../stand-in.ts";
import { type ControlCall, control, nothing } from "./call.ts";
import { clockCalls } from "./clock-calls.ts";
import { invoiceCalls } from "./invoice-calls.ts";
import { keyCalls } from "./key-calls.ts";
import { purchaseCalls } from "./purchase-calls.ts";
import { subscriptionCalls } from "./subscription-calls.ts";

const viewCalls: ControlCall[] = [
  control("GET state", "The whole state: objects, clock and deliveries.", nothing, null, (standIn) => {
    const { idempotency: _, events: __, restricted_keys: ___, ...rest } = standIn.state;
    return { now: standIn.now(), ...rest };
  }),
  control("GET events", "Every event, newest first, with its deliveries.", nothing, null, ({ state }) =>
    Object.values(state.events)
      .toReversed()
      .map((event) => ({ ...event, deliveries: state.deliveries.filter((each) => each.event === event.id) })),
  ),
];

const CALLS = [...viewCalls, ...clockCalls, ...purchaseCalls, ...subscriptionCalls, ...invoiceCalls, ...keyCalls];

/** The answer to `GET /control`: every call with a description and an example. */
const listing = (origin: string): object => ({
  about:
    "The control API of the local Stripe stand-in. Bodies are JSON. A call answers after its events were delivered.",
  calls: CALLS.map(({ method, path, description, example }) => ({
    method,
    path: `/control/${path.replace(":id", "{id}")}`,
    description,
    example: `curl ${method === "POST" ? "-X POST " : ""}${origin}/control/${path.replace(":id", "ID")}${example ? ` -d '${JSON.stringify(example)}'` : ""}`,
  })),
});

/** Answers one request to `/control...`, after its events have been delivered. */
export async function answerControl(
  standIn: StandIn,
  method: string,
  path: string,
  body: string,
): Promise<{ status: number; value: unknown }> {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .slice(1);
  if (parts.length === 0 && method === "GET") return { status: 200, value: listing(standIn.origin) };
  for (const call of CALLS) {
    const pattern = call.path.split("/");
    if (call.method !== method || pattern.length !== parts.length) continue;
    if (!pattern.every((part, index) => part === ":id" || part === parts[index])) continue;
    try {
      const value = await call.run(standIn, parseBody(body), parts[pattern.indexOf(":id")] ?? "");
      if (method === "POST") await standIn.deliveries.settled();
      return { status: 200, value };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: error.status, value: error };
    }
  }
  return {
    status: 404,
    value: { error: { message: `${method} ${path} is not a call of the control API. GET /control lists the calls.` } },
  };
}

function parseBody(body: string): unknown {
  if (body.trim() === "") return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError({ message: "The body is not JSON." });
  }
}
