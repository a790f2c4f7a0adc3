import { once } from "node:events";
import { readTextIfThere, writePrivateFile } from "../../src/cli/files.ts";
import { runNext } from "./billing/clockwork.ts";
import { Deliveries } from "./deliveries.ts";
import { seed } from "./seed.ts";
import { standInServer } from "./server.ts";
import type { StandIn } from "./stand-in.ts";
import { emptyState, formatState, parseState } from "./state.ts";

/** The pause between two checks for due tasks. */
const TICK_MS = 5_000;

export type StandInOptions = {
  /** 0 picks a free port. */
  port: number;
  /** The only secret key that the API accepts. */
  apiKey: string;
  /** The secret that signs deliveries. */
  webhookSecret: string;
  /** The webhook endpoint. Null: events are listed but not sent. */
  webhookUrl: string | null;
  /** The file of the state. Null: the state is in memory only. */
  statePath: string | null;
  /** The base of the clock in Unix seconds, for tests. The default is the real time. */
  now?: () => number;
};

export type RunningStandIn = {
  /** The URL for `new Stripe(key, {host, port, protocol})`. */
  apiBase: string;
  controlUrl: string;
  /** Ends the deliveries and the server, and writes the state. */
  close(): Promise<void>;
};

/**
 * Starts the stand-in on the loopback interface. Continues a stored state; a new state begins with the products and
 * prices of the plans. Throws if the port is taken or the state's file is malformed.
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
  if (kept === null) seedQuietly(standIn, options.webhookUrl);
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

/** Runs the tasks that are due now. */
function runDue(standIn: StandIn): void {
  while (runNext(standIn, standIn.now(), () => {})) standIn.deliveries.wake();
}

/** Seeds the account without events, because the plans exist before the endpoint listens. */
function seedQuietly(standIn: StandIn, webhookUrl: string | null): void {
  seed(standIn, webhookUrl);
  standIn.state.events = {};
  standIn.state.deliveries.length = 0;
}

/** Batches writes: one at a time, and one for many changes. Logs a failure; the next change retries. */
function stateSaver(write: () => Promise<void>): { soon(): void; now(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let last = Promise.resolve();
  const now = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    last = last
      .then(write)
      .catch((error: unknown) => console.error("The state of the Stripe stand-in could not be written:", error));
    return last;
  };
  const soon = (): void => {
    timer ??= setTimeout(() => void now(), 100);
  };
  return { soon, now };
}
