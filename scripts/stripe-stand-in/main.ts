import { startStandIn } from "./start.ts";

/**
 * The stand-in as a process. Environment: STAND_IN_PORT (another port if it is taken), STRIPE_SECRET_KEY,
 * STRIPE_WEBHOOK_SECRET, WEBHOOK_URL, STATE_PATH. Prints `ready <address>` when it listens. Writes its state and ends
 * on SIGTERM, on SIGINT, and when its standard input ends, because then its parent is gone.
 */
const need = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set.`);
  return value;
};

const options = {
  port: Number(need("STAND_IN_PORT")),
  apiKey: need("STRIPE_SECRET_KEY"),
  webhookSecret: need("STRIPE_WEBHOOK_SECRET"),
  webhookUrl: need("WEBHOOK_URL"),
  statePath: need("STATE_PATH"),
};
const isTaken = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EADDRINUSE";
const standIn = await startStandIn(options).catch((error: unknown) => {
  if (!isTaken(error)) throw error;
  return startStandIn({ ...options, port: 0 });
});
const stop = (): void => void standIn.close().finally(() => process.exit());
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
process.stdin.resume().once("end", stop);
console.log(`ready ${standIn.apiBase}`);
