import { reset } from "cloudflare:test";
import { waitForGlobalWaitUntil } from "cloudflare:test-internal";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, vi } from "vitest";
import { forgetIsolate } from "../../src/lib/isolate.ts";
import { migrateLedger } from "./ledger.ts";
import { watchLog } from "./logged.ts";

watchLog();

beforeEach(migrateLedger);

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  try {
    // Work behind a response ends before its storage does.
    await waitForGlobalWaitUntil();
  } finally {
    // `reset` empties the stores that are in memory only, and workerd puts away a store that was idle for seconds.
    await Promise.all([env.DB.prepare("SELECT 1").run(), env.EDGE.get("any"), env.BINARIES.head("any")]);
    await reset();
    forgetIsolate();
  }
});
