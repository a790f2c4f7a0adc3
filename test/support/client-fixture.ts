import { env, exports } from "cloudflare:workers";
import { Catalog, type CatalogOptions } from "../../clients/typescript/src/catalog.ts";
import type { HiveLicense, Seat, SeatStore } from "../../clients/typescript/src/index.ts";
import { newAddress } from "./admin-request.ts";

/** The requests of a client that this file made, as `METHOD /path credential?`. */
export const requests: string[] = [];

/** A `fetch` that the Worker under test answers. `outage` replaces its answers. */
export function workerFetch(outage: { answer: (() => Promise<Response>) | null } = { answer: null }): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    request.headers.set("CF-Connecting-IP", newAddress());
    const { pathname } = new URL(request.url);
    requests.push(`${request.method} ${pathname}${request.headers.has("Authorization") ? " with a credential" : ""}`);
    return outage.answer === null ? exports.default.fetch(request) : outage.answer();
  };
}

/** The client of the Worker under test. It waits for nothing. */
export const catalogUnderTest = (
  outage?: { answer: (() => Promise<Response>) | null },
  options: Partial<CatalogOptions> = {},
): Catalog => new Catalog({ url: env.PUBLIC_URL, fetch: workerFetch(outage), sleep: async () => {}, ...options });

/** A store of a seat in memory. */
export function memoryStore(seat: Seat | null = null): SeatStore & { seat: Seat | null } {
  return {
    seat,
    async load() {
      return this.seat;
    },
    async save(next) {
      this.seat = next;
    },
  };
}

/** The verdict's code and status, for a comparison. */
export async function verdictOf(license: HiveLicense, options?: Parameters<HiveLicense["verify"]>[0]) {
  const { code, status } = await license.verify(options);
  return { code, status };
}
