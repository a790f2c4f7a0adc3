import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { CatalogClient } from "../../src/cli/catalog-client.ts";
import { withFreshToken } from "../../src/cli/hive/machine.ts";
import { serve } from "../support/node/http-server.ts";

let close: (() => void) | undefined;
afterEach(() => close?.());

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

const NEW = {
  token: "new",
  expires_at: inMinutes(1440),
  renew_after: inMinutes(1000),
  license: { id: "lic_1", status: "active", entitlements: ["*"], machine_limit: 1 },
  machine: { id: "mach_1" },
};

/** Asks for a fresh token at a catalog with this answer. Returns the token, and the number of requests. */
async function renew(status: number, times: { expires: number; renews: number | null }) {
  let requests = 0;
  const server = await serve((_request: IncomingMessage, response: ServerResponse) => {
    requests++;
    const body = status === 200 ? NEW : { code: "SERVICE_UNAVAILABLE", status };
    response.writeHead(status, { "Content-Type": "application/json", "Retry-After": "60" }).end(JSON.stringify(body));
  });
  close = server.close;
  const client = new CatalogClient({ url: server.url, sleep: async () => {} });
  const activation = {
    url: server.url,
    license_key: "key",
    license_id: "lic_1",
    machine_id: "mach_1",
    fingerprint: "machine",
    token: "old",
    token_expires_at: inMinutes(times.expires),
    renew_after: times.renews === null ? null : inMinutes(times.renews),
  };
  const outcome = await withFreshToken(client, activation).catch((error: Error) => error.name);
  return { outcome: typeof outcome === "string" ? outcome : outcome.token, requests };
}

describe("a hive's token", () => {
  it("is not renewed before its time", async () => {
    expect(await renew(200, { expires: 600, renews: 1 })).toEqual({ outcome: "old", requests: 0 });
    expect(await renew(200, { expires: 600, renews: null })).toEqual({ outcome: "old", requests: 0 });
  });

  it("is renewed after `renew_after`, and shortly before its end", async () => {
    expect(await renew(200, { expires: 600, renews: -1 })).toEqual({ outcome: "new", requests: 1 });
    expect(await renew(200, { expires: 3, renews: null })).toEqual({ outcome: "new", requests: 1 });
  });

  it("goes on working while the catalog is overloaded, without a wait", async () => {
    expect(await renew(503, { expires: 600, renews: -1 })).toEqual({ outcome: "old", requests: 1 });
  });

  it("that has expired is asked for again, and the refusal is told", async () => {
    expect(await renew(503, { expires: -1, renews: -100 })).toEqual({ outcome: "ProblemError", requests: 5 });
  });
});
