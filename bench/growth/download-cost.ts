/** The billed work of one download. test/domain/delivery/cost.test.ts counts it in the Worker itself. */
export type DownloadWork = {
  requests: number;
  kvReads: number;
  queueMessages: number;
  r2Reads: number;
  logLines: number;
};

/**
 * A premium download with a token: the request for the link, and the one for the bytes. KV bills each key. In one
 * isolate the second request finds both records in memory for ten seconds; `elsewhere`, each request reads them.
 */
export const PREMIUM_DOWNLOAD = {
  requests: 2,
  kvReads: 2,
  kvReadsElsewhere: 4,
  queueMessages: 0,
  r2Reads: 1,
  logLines: 0,
} as const satisfies DownloadWork & { kvReadsElsewhere: number };

/** CPU of both requests in milliseconds: that of all of workerd with its local stores, so an upper bound. */
const CPU_MS = 3.2;

/** A published price beyond the free allowance, in USD for a million, with its source. */
type Price = { usd: number; source: string };

const PAGES = "https://developers.cloudflare.com";
const PRICES = {
  request: { usd: 0.3, source: `${PAGES}/workers/platform/pricing/` },
  cpuMs: { usd: 0.02, source: `${PAGES}/workers/platform/pricing/` },
  kvRead: { usd: 0.5, source: `${PAGES}/kv/platform/pricing/` },
  rowWritten: { usd: 1, source: `${PAGES}/d1/platform/pricing/` },
  rowRead: { usd: 0.001, source: `${PAGES}/d1/platform/pricing/` },
  queueOperation: { usd: 0.4, source: `${PAGES}/queues/platform/pricing/` },
  r2ClassB: { usd: 0.36, source: `${PAGES}/r2/pricing/` },
  logLine: { usd: 0.6, source: `${PAGES}/workers/observability/logs/workers-logs/#pricing` },
} as const satisfies Record<string, Price>;

/** A line of the bill for a million downloads. */
export type CostLine = { item: string; each: number; usd: number; source: string };

/** A bill in USD: its lines, their sum, and the sum if each request reaches another isolate. */
export type Cost = { lines: CostLine[]; usd: number; usdElsewhere: number };

/**
 * The bill for a million premium downloads. `rows`: D1's rows for one, as measured. No free allowance is subtracted.
 */
export function costOfMillion(rows: { written: number; read: number }): Cost {
  const line = (item: string, each: number, { usd, source }: Price): CostLine => ({
    item,
    each,
    usd: each * usd,
    source,
  });
  const lines = [
    line("Requests", PREMIUM_DOWNLOAD.requests, PRICES.request),
    line("CPU, ms", CPU_MS, PRICES.cpuMs),
    line("KV keys read", PREMIUM_DOWNLOAD.kvReads, PRICES.kvRead),
    line("D1 rows written", rows.written, PRICES.rowWritten),
    line("D1 rows read", rows.read, PRICES.rowRead),
    // Each message is written, read and deleted.
    line("Queue operations", 3 * PREMIUM_DOWNLOAD.queueMessages, PRICES.queueOperation),
    line("R2 reads (class B)", PREMIUM_DOWNLOAD.r2Reads, PRICES.r2ClassB),
    line("Log lines", PREMIUM_DOWNLOAD.logLines, PRICES.logLine),
  ];
  const usd = lines.reduce((sum, { usd }) => sum + usd, 0);
  const more = PREMIUM_DOWNLOAD.kvReadsElsewhere - PREMIUM_DOWNLOAD.kvReads;
  return { lines, usd, usdElsewhere: usd + more * PRICES.kvRead.usd };
}
