import * as z from "zod";
import { ApiError } from "../api-error.ts";
import { runNext } from "../billing/clockwork.ts";
import type { StandIn } from "../stand-in.ts";
import { NORMAL_DELIVERY } from "../state.ts";
import { type ControlCall, control } from "./call.ts";

const DAY = 86_400;
/** More than any test needs, and small enough that a mistake does not run for minutes. */
const FARTHEST = 1_100 * DAY;

/** Moves the clock. Runs each task on the way at its own time, and delivers its events before the next task. */
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

/** The calls for the clock and for faults in deliveries. */
export const clockCalls: ControlCall[] = [
  control(
    "POST clock/advance",
    "Moves the stand-in's clock forward, not the catalog's. Renewals, ends of trials, retries and expiries happen on the way, in order.",
    z.strictObject({ seconds: z.number().int().min(0).default(0), days: z.number().min(0).default(0) }),
    { days: 15 },
    (standIn, { seconds, days }) => {
      const total = seconds + Math.round(days * DAY);
      if (total <= 0 || total > FARTHEST) throw new ApiError({ message: "Give seconds or days, at most 1100 days." });
      return advance(standIn, total);
    },
  ),
  control(
    "POST deliveries",
    "Sets the delivery of the next events: normal; drop (only the list of events has them); repeat (`copies` at the same time, default 2); " +
      "reorder (those due at one time in reverse order); delay (by `seconds`, default 30). For `count` events, or until the next call.",
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
