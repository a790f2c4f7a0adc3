import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { framerOf } from "../../../src/domain/releases/framing/framer.ts";
import { apt } from "../../../src/formats/apt/format.ts";
import worker from "../../../src/index.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { newAddress } from "../../support/admin-request.ts";
import { type Calls, countedEnv } from "../../support/counted-env.ts";
import { HeldQueue } from "../../support/jobs.ts";
import { hive, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { countStatistics, LICENSE_DOWNLOADS } from "../../support/usage-fixture.ts";

/** The delivery of framed files, by the example of Debian packages. */
const PREMIUM = "llm-worker-rbee-premium-cpu";
const FREE = "llm-worker-rbee-cpu";
const program = randomBytes(300_000);

const publish = (worker_id: string) =>
  publishRelease({ worker_id, version: "1.0.0", bytes: program, framer: framerOf(env, [apt]) });

const pathOf = (repository: string, id: string) => `/apt/${repository}/pool/${id}/${id}_1.0.0-1_amd64.deb`;

/** The calls of each store that one request makes in an isolate that knows nothing but its deployment. */
async function metered(method: string, path: string, headers: Record<string, string> = {}) {
  const [kv, ledger, objects]: [Calls, Calls, Calls] = [{ count: 0 }, { count: 0 }, { count: 0 }];
  const downloads = new HeldQueue();
  const bindings = {
    ...env,
    EDGE: countedEnv(kv).EDGE,
    DB: countedEnv(ledger).DB,
    BINARIES: countedEnv(objects).BINARIES,
    DOWNLOADS: downloads.binding,
  };
  forgetIsolate();
  const context = createExecutionContext();
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://catalog.test${path}`, {
    method,
    headers: { "CF-Connecting-IP": newAddress(), ...headers },
  });
  const response = await worker.fetch(request, bindings, context);
  const body = new Uint8Array(await response.arrayBuffer());
  await waitOnExecutionContext(context);
  const calls = { kv: kv.count, ledger: ledger.count, objects: objects.count, downloads: downloads.waiting.length };
  return { response, body, calls };
}

/** A license whose machine has its seat, as Basic. */
async function seated(): Promise<Record<string, string>> {
  const { key } = await issueLicense();
  const headers = { Authorization: `Basic ${btoa(`box:${key}`)}` };
  expect((await hive("HEAD", pathOf("rbee-premium", PREMIUM), { headers })).status).toBe(200);
  return headers;
}

it("framed file: a download reads KV once and no ledger, has the stored program inside, and counts once", async () => {
  await publish(PREMIUM);
  const headers = await seated();
  const { response, body, calls } = await metered("GET", pathOf("rbee-premium", PREMIUM), headers);
  expect(response.status).toBe(200);
  // R2 has the frame and the stored program.
  expect(calls).toMatchObject({ kv: 1, ledger: 0, objects: 2 });
  expect(await countStatistics(LICENSE_DOWNLOADS)).toBe(1);
  const at = Buffer.from(body).indexOf(program);
  expect(at).toBeGreaterThan(0);
  expect(body.subarray(at, at + program.length)).toEqual(program);
});

it("framed file: HEAD, 304 and the rest of a download count nothing", async () => {
  await publish(FREE);
  const path = pathOf("rbee", FREE);
  const whole = await metered("GET", path);
  expect(whole.calls).toMatchObject({ kv: 1, ledger: 0, downloads: 1 });
  const head = await metered("HEAD", path);
  expect([head.response.status, head.calls]).toEqual([200, { kv: 1, ledger: 0, objects: 0, downloads: 0 }]);
  const known = await metered("GET", path, { "If-None-Match": whole.response.headers.get("ETag") ?? "" });
  expect([known.response.status, known.calls]).toEqual([304, { kv: 1, ledger: 0, objects: 0, downloads: 0 }]);
  const rest = await metered("GET", path, { Range: "bytes=100000-" });
  expect([rest.response.status, rest.calls.downloads]).toEqual([206, 0]);
  expect(rest.body).toEqual(whole.body.subarray(100_000));
});

it("framed file: without a credential, nothing is read", async () => {
  await publish(PREMIUM);
  const { response, calls } = await metered("GET", pathOf("rbee-premium", PREMIUM));
  expect([response.status, calls]).toEqual([401, { kv: 0, ledger: 0, objects: 0, downloads: 0 }]);
});

it("framed file: without its frame in R2 it is an outage that is logged, and HEAD is answered", async () => {
  await publish(FREE);
  for (const { key } of (await env.BINARIES.list({ prefix: "frames/" })).objects) await env.BINARIES.delete(key);
  const path = pathOf("rbee", FREE);
  expect((await metered("HEAD", path)).response.status).toBe(200);
  const { response, calls } = await metered("GET", path);
  expect([response.status, calls.downloads]).toEqual([503, 0]);
  expectLogged("artifact.missing");
});

it("framed listing: a suite reads KV once and no ledger, for each tier", async () => {
  await publish(FREE);
  await publish(PREMIUM);
  const headers = await seated();
  const free = await metered("GET", "/apt/rbee/dists/stable/InRelease");
  expect([free.response.status, free.calls]).toEqual([200, { kv: 1, ledger: 0, objects: 0, downloads: 0 }]);
  const premium = await metered("GET", "/apt/rbee-premium/dists/stable/InRelease", headers);
  expect([premium.response.status, premium.calls]).toEqual([200, { kv: 1, ledger: 0, objects: 0, downloads: 0 }]);
});
