import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { PREMIUM_DOWNLOAD } from "../../../bench/growth/download-cost.ts";
import worker from "../../../src/index.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { newAddress } from "../../support/admin-request.ts";
import { issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { record } from "../../support/usage-fixture.ts";

const WORKER = "llm-worker-rbee-premium-cpu";

/** The Worker's bindings in production's settings, and the billed work that they are asked for. */
function metered() {
  const work = { requests: 0, kvReads: 0, queueMessages: 0, r2Reads: 0, rowsWritten: 0, ledgerReads: 0 };
  const EDGE = {
    get: (keys: string | string[], options: never) => {
      work.kvReads += typeof keys === "string" ? 1 : keys.length;
      return env.EDGE.get(keys as string, options);
    },
  } as unknown as KVNamespace;
  const DOWNLOADS = { send: async () => void work.queueMessages++ } as unknown as Queue;
  const BINARIES = new Proxy(env.BINARIES, {
    get: (bucket, name: keyof R2Bucket) => {
      if (name === "get" || name === "head") work.r2Reads++;
      return bucket[name].bind(bucket);
    },
  });
  const STATISTICS = new Proxy(env.STATISTICS, {
    get: (db, name: keyof D1Database) =>
      name === "batch"
        ? async (statements: D1PreparedStatement[]) => {
            const results = await db.batch(statements);
            work.rowsWritten += results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
            return results;
          }
        : db[name].bind(db),
  });
  const DB = new Proxy(env.DB, {
    get: (db, name: keyof D1Database) => {
      work.ledgerReads++;
      return db[name].bind(db);
    },
  });
  const bindings = { ...env, EDGE, DOWNLOADS, BINARIES, STATISTICS, DB, LOG_REQUESTS: "failed" };
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    work.requests++;
    const context = createExecutionContext();
    const cf = { country: "NL", asn: 1136 } as IncomingRequestCfProperties;
    const request = new Request<unknown, IncomingRequestCfProperties>(`https://catalog.test${path}`, {
      redirect: "manual",
      headers: { "CF-Connecting-IP": newAddress(), ...headers },
      cf,
    });
    const response = await worker.fetch(request, bindings, context);
    const body = await response.arrayBuffer();
    await waitOnExecutionContext(context);
    return { response, body };
  };
  return { work, ask };
}

/** A token of a license that was used in this place before, as its token's request has recorded. */
async function usedToken(): Promise<string> {
  const { id, key } = await issueLicense();
  await record({
    kind: "use",
    license_id: id,
    place: { country: "NL", network: 1136 },
    at: Math.floor(Date.now() / 1000),
  });
  return tokenFor(key, "m");
}

for (const [where, kvReads] of [
  ["in one isolate", PREMIUM_DOWNLOAD.kvReads],
  ["in two isolates", PREMIUM_DOWNLOAD.kvReadsElsewhere],
] as const) {
  it(`premium download: its billed work ${where} is that of the cost table in docs/performance.md`, async () => {
    const bytes = randomBytes(1000);
    await publishRelease({ worker_id: WORKER, version: "1.0.0", bytes });
    const token = await usedToken();
    const { work, ask } = metered();
    const log = vi.spyOn(console, "log");
    // An isolate that knows its deployment, and nothing of this license.
    await ask("/health");
    forgetIsolate();
    Object.assign(work, { requests: 0, ledgerReads: 0 });
    const link = await ask(`/v1/workers/${WORKER}/latest/files/worker-linux-x86_64`, {
      Authorization: `Bearer ${token}`,
    });
    if (where === "in two isolates") forgetIsolate();
    const { body } = await ask(new URL(link.response.headers.get("Location") ?? "").pathname);
    expect(new Uint8Array(body)).toEqual(bytes);
    const { requests, queueMessages, r2Reads } = PREMIUM_DOWNLOAD;
    expect(work).toEqual({ requests, kvReads, queueMessages, r2Reads, rowsWritten: 1, ledgerReads: 0 });
    expect(log).toHaveBeenCalledTimes(PREMIUM_DOWNLOAD.logLines);
  });
}
