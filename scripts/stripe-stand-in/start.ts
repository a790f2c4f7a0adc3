import { once } from "node:events";
import { readTextIfThere, writePrivateFile } from "../../src/cli/files.ts";
import { runNext } from "./billing/clockwork.ts";
import { Deliveries } from "./deliveries.ts";
import { seed } from "./seed.ts";
import { standInServer } from "./server.ts";
import type { StandIn } from "./stand-in.ts";
import { emptyState, formatState, parseState } from "./state.ts";

/** How often the clock is looked at when nobody asks. */
const TICK_MS = 5_000;

export type StandInOptions = {
  /** 0: any free one. */
  port: number;
  /** The one secret key that the API takes. */
  apiKey: string;
  /** What deliveries are signed with. */
  webhookSecret: string;
  /** Where events go; null: nowhere, they are listed only. */
  webhookUrl: string | null;
  /** The file that keeps the state; null: memory only. */
  statePath: string | null;
  /** The time that the clock starts from, in seconds, for tests; the real one if left out. */
  now?: () => number;
};

export type RunningStandIn = {
  /** For `new Stripe(key, {host, port, protocol})`. */
  apiBase: string;
  controlUrl: string;
  /** Ends deliveries and server, and writes the state down. */
  close(): Promise<void>;
};

/**
 * Starts the stand-in on the loopback interface. A state that is kept goes on where it was; a new one begins with the plans'
 * products and prices. Throws if the port is taken or the state's file does not parse.
 */
export async function startStandIn(options: StandInOptions): Promise<RunningStandIn> {
  const { statePath, now } = options;
  const kept = statePath === null ? null : await readTextIfThere(statePath);
  const state = kept === null ? emptyState() : parseState(kept);
  const save = stateSaver(() =>
    statePath === null ? Promise.resolve() : writePrivateFile(statePath, formatState(state)),
  );
  const clockMs = (): number => (now ? now() * 1000 : Date.now()) + state.clock_offset * 1000;
  const standIn: StandIn = {
    state,
    now: () => Math.floor(clockMs() / 1000),
    origin: "",
    deliveries: new Deliveries(state, options, clockMs, save.soon),
  };
  const afterRequest = (): void => {
    runDue(standIn);
    save.soon();
  };
  const server = standInServer(standIn, options.apiKey, afterRequest);
  server.listen(options.port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  standIn.origin = `http://127.0.0.1:${port}`;
  if (kept === null) seedQuietly(standIn);
  await save.now();
  standIn.deliveries.wake();
  const clock = setInterval(() => runDue(standIn), TICK_MS).unref();
  return {
    apiBase: standIn.origin,
    controlUrl: `${standIn.origin}/control`,
    async close() {
      clearInterval(clock);
      server.close();
      server.closeAllConnections();
      await standIn.deliveries.close();
      await save.now();
    },
  };
}

/** What has come due on the clock as it runs by itself. */
function runDue(standIn: StandIn): void {
  while (runNext(standIn, standIn.now(), () => {})) standIn.deliveries.wake();
}

/** The plans were there before anybody listened: their events are not delivered. */
function seedQuietly(standIn: StandIn): void {
  seed(standIn);
  standIn.state.events = {};
  standIn.state.deliveries.length = 0;
}

/** Writes at most once at a time and once for many changes; a failure is shown and the next change tries again. */
function stateSaver(write: () => Promise<void>): { soon(): void; now(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let last = Promise.resolve();
  const now = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    last = last
      .then(write)
      .catch((error: unknown) => console.error("The stand-in's state could not be written:", error));
    return last;
  };
  const soon = (): void => {
    timer ??= setTimeout(() => void now(), 100);
  };
  return { soon, now };
}
