import { startStandIn } from "./start.ts";

/**
 * The stand-in as a process of its own. Environment: STAND_IN_PORT, STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, WEBHOOK_URL,
 * STATE_PATH. Says `ready <address>` when it listens; ends, its state written, on SIGTERM or SIGINT.
 */
const need = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set.`);
  return value;
};

const standIn = await startStandIn({
  port: Number(need("STAND_IN_PORT")),
  apiKey: need("STRIPE_SECRET_KEY"),
  webhookSecret: need("STRIPE_WEBHOOK_SECRET"),
  webhookUrl: need("WEBHOOK_URL"),
  statePath: need("STATE_PATH"),
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void standIn.close());
console.log(`ready ${standIn.apiBase}`);
