import { logFailure } from "../../lib/log.ts";

/** Whether a store answers, and after how many milliseconds it did or was given up. */
export type Probe = { answers: boolean; duration_ms: number };

/** A store that takes longer than this, in milliseconds, is as good as down: whoever asks for health waits no longer either. */
const PATIENCE_MS = 3_000;

/** Asks D1, KV and R2 something small, all at once. Why one does not answer is the log's to say. Throws nothing. */
export async function probeStores(
  env: Pick<Env, "DB" | "EDGE" | "BINARIES">,
): Promise<Record<"ledger" | "edge" | "binaries", Probe>> {
  const [ledger, edge, binaries] = await Promise.all([
    probe("ledger", () => env.DB.prepare("SELECT count(*) FROM outbox").first()),
    probe("edge", () => env.EDGE.get("health")),
    probe("binaries", () => env.BINARIES.head("health")),
  ]);
  return { ledger, edge, binaries };
}

async function probe(store: string, ask: () => Promise<unknown>): Promise<Probe> {
  const began = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  let answers = true;
  try {
    await Promise.race([ask(), late]);
  } catch (error) {
    logFailure("health.failed", error, { store });
    answers = false;
  }
  clearTimeout(timer);
  return { answers, duration_ms: Math.round(performance.now() - began) };
}
