import { reset } from "cloudflare:test";
import { waitForGlobalWaitUntil } from "cloudflare:test-internal";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, vi } from "vitest";
import { forgetIsolate } from "../../src/lib/isolate.ts";
import { watchAnswers } from "./described-answers.ts";
import { migrateStores } from "./ledger.ts";
import { watchLog } from "./logged.ts";

watchLog();
watchAnswers();

beforeEach(migrateStores);

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  try {
    // Work behind a response ends before its storage does.
    await waitForGlobalWaitUntil();
  } finally {
    // `reset` empties the stores that are in memory only, and workerd puts away a store that was idle for seconds.
    const databases = [env.DB, env.STATISTICS].map((database) => database.prepare("SELECT 1").run());
    await Promise.all([...databases, env.EDGE.get("any"), env.BINARIES.head("any"), env.BACKUPS.head("any")]);
    await reset();
    forgetIsolate();
  }
});
