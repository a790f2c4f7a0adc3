import type { Harness } from "./harness.ts";
import { median } from "./measurement.ts";
import { SAMPLES } from "./sample-releases.ts";
import type { Samples } from "./samples.ts";

/** The isolates of each kind that answer a first request, and so the number of measurements. */
export const COLD_ROUNDS = 3;

/** The first requests that are measured, by name. */
export const COLD_NAMES = ["cold_workers", "cold_pkgbuild", "cold_token", "cold_link"] as const;
export type ColdName = (typeof COLD_NAMES)[number];

/** The isolates of the service that a whole measurement needs. */
export const COLD_ISOLATES = COLD_NAMES.length * COLD_ROUNDS;

/** A first request to an isolate that has started, and its time divided by that of a bare Hono Worker's. */
export type ColdStart = { name: ColdName; title: string; milliseconds: number; ratio: number };

type Asked = { title: string; path: string; init: RequestInit };

async function requestsOf(samples: Samples): Promise<Record<ColdName, Asked>> {
  await samples.publish(SAMPLES.small);
  const { token } = await samples.license();
  const Authorization = `Bearer ${token}`;
  const link = `/v1/workers/${SAMPLES.small.workerId}/latest/download?platform=linux-x86_64`;
  return {
    cold_workers: { title: "`GET /workers`", path: "/workers", init: {} },
    cold_pkgbuild: { title: "`GET /workers/cpu/PKGBUILD`", path: "/workers/cpu/PKGBUILD", init: {} },
    cold_token: {
      title: "`POST /v1/licenses/token`",
      path: "/v1/licenses/token",
      init: {
        method: "POST",
        headers: { Authorization, "Content-Type": "application/json" },
        body: JSON.stringify({ fingerprint: samples.fingerprint }),
      },
    },
    cold_link: { title: "`GET .../latest/download`", path: link, init: { headers: { Authorization } } },
  };
}

/**
 * Measures the first request to isolates that have started and answered nothing, next to that of a bare Hono Worker.
 * The stores are warm, because they are other Workers. Throws for any status but 200.
 */
export async function measureColdStarts(harness: Harness, samples: Samples): Promise<ColdStart[]> {
  const requests = await requestsOf(samples);
  const { services, honos } = harness.cold;
  const hono = median(await inTurn(honos, (port) => timeOf(port, "/", {})));
  const starts: ColdStart[] = [];
  for (const [index, name] of COLD_NAMES.entries()) {
    const { title, path, init } = requests[name];
    const ports = services.slice(index * COLD_ROUNDS, (index + 1) * COLD_ROUNDS);
    const milliseconds = median(await inTurn(ports, (port) => timeOf(port, path, init)));
    starts.push({ name, title, milliseconds, ratio: milliseconds / hono });
  }
  return starts;
}

async function inTurn(ports: readonly number[], measure: (port: number) => Promise<number>): Promise<number[]> {
  const measured: number[] = [];
  for (const port of ports) measured.push(await measure(port));
  return measured;
}

/** The milliseconds until the whole answer is here. */
async function timeOf(port: number, path: string, init: RequestInit): Promise<number> {
  const begun = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const text = await response.text();
  const milliseconds = performance.now() - begun;
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
  return milliseconds;
}
