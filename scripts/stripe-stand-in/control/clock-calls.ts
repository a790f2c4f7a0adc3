import * as z from "zod";
import { ApiError } from "../api-error.ts";
import { runNext } from "../billing/clockwork.ts";
import type { StandIn } from "../stand-in.ts";
import { NORMAL_DELIVERY } from "../state.ts";
import { type ControlCall, control } from "./call.ts";

const DAY = 86_400;
/** Longer than any test needs, and short enough not to run for minutes by mistake. */
const FARTHEST = 1_100 * DAY;

/** Moves the clock, and does on the way what the time brings, each thing at its moment and told before the next happens. */
async function advance(standIn: StandIn, seconds: number): Promise<object> {
  const { state, deliveries } = standIn;
  const from = standIn.now();
  const until = from + seconds;
  const setClock = (at: number): void => {
    state.clock_offset += at - standIn.now();
  };
  while (runNext(standIn, until, setClock)) {
    deliveries.wake();
    await deliveries.settled();
  }
  if (standIn.now() < until) setClock(until);
  deliveries.wake();
  await deliveries.settled();
  return { now: standIn.now(), time: new Date(standIn.now() * 1000).toISOString() };
}

/** The clock, and what goes wrong with deliveries. */
export const clockCalls: ControlCall[] = [
  control(
    "POST clock/advance",
    "Moves the clock forward. Renewals, ends of trials, retries and expiries happen on the way, in order. The catalog's own clock stays.",
    z.strictObject({ seconds: z.number().int().min(0).default(0), days: z.number().min(0).default(0) }),
    { days: 15 },
    (standIn, { seconds, days }) => {
      const total = seconds + Math.round(days * DAY);
      if (total <= 0 || total > FARTHEST)
        throw new ApiError({ message: "Say how far: seconds or days, 1100 days at most." });
      return advance(standIn, total);
    },
  ),
  control(
    "POST deliveries",
    "What becomes of the events to come: normal; drop (only the list of events has them); repeat (`copies` at the same time, 2 if not said); " +
      "reorder (those due at one time the wrong way round); delay (by `seconds`, 30 if not said). For `count` events, or until told otherwise.",
    z.strictObject({
      mode: z.enum(["normal", "drop", "repeat", "reorder", "delay"]),
      count: z.number().int().min(1).optional(),
      seconds: z.number().min(0).max(FARTHEST).default(30),
      copies: z.number().int().min(1).max(100).default(2),
    }),
    { mode: "repeat", copies: 20 },
    ({ state }, { mode, count, seconds, copies }) => {
      state.fault = mode === "normal" ? { ...NORMAL_DELIVERY } : { mode, remaining: count ?? null, seconds, copies };
      return state.fault;
    },
  ),
  control(
    "POST deliveries/resend",
    'Sends one event again, or every one that was not delivered (`event: "missed"`).',
    z.strictObject({ event: z.string() }),
    { event: "missed" },
    async (standIn, { event }) => {
      const { events } = standIn.state;
      const missed = Object.values(events).filter((each) =>
        event === "missed" ? each.pending_webhooks > 0 : each.id === event,
      );
      if (event !== "missed" && missed.length === 0)
        throw new ApiError({ status: 404, message: `No such event: ${event}` });
      for (const { id } of missed) standIn.deliveries.resend(id);
      await standIn.deliveries.settled();
      return { sent: missed.length };
    },
  ),
];
