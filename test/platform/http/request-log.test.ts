import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import worker from "../../../src/index.ts";

afterEach(() => vi.restoreAllMocks());

/** Sends a request to a Worker with this `LOG_REQUESTS`. Returns the response and the logged lines. */
async function ask(wanted: string, path: string, init?: RequestInit<IncomingRequestCfProperties>) {
  const lines: string[] = [];
  for (const name of ["log", "error"] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void lines.push(line));
  }
  const context = createExecutionContext();
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://catalog.test${path}`, init);
  const response = await worker.fetch(request, { ...env, LOG_REQUESTS: wanted }, context);
  await waitOnExecutionContext(context);
  return { response, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>), text: lines.join("\n") };
}

it("request log: one line a request, with our id, the client's and Cloudflare's, the route and the status", async () => {
  const { response, lines } = await ask("all", "/v1/workers/cpu/versions", {
    headers: { "X-Request-Id": "build-4711-a", "CF-Ray": "8f1c2d3e4a5b6c7d-FRA" },
  });
  expect(response.status).toBe(200);
  expect(lines).toEqual([
    {
      event: "request",
      request_id: response.headers.get("X-Request-Id"),
      client_request_id: "build-4711-a",
      ray: "8f1c2d3e4a5b6c7d-FRA",
      method: "GET",
      route: "/v1/workers/:id/versions",
      status: 200,
      duration_ms: expect.any(Number),
    },
  ]);
});

it("request log: a refusal has its code", async () => {
  const { lines } = await ask("all", "/v1/licenses/me");
  expect(lines).toMatchObject([{ route: "/v1/licenses/me", status: 401, code: "CREDENTIAL_REQUIRED" }]);
});

it("request log: contains no credential, link or query from any part of the request", async () => {
  const SECRET = "c0ffee".repeat(8);
  const attempts: [string, RequestInit<IncomingRequestCfProperties>?][] = [
    [`/dl/${SECRET}`],
    [`/dl/${SECRET}/minisig`],
    [`/recover/${SECRET}`],
    [`/recover/${SECRET}`, { method: "POST" }],
    [`/v1/workers/premium-cpu/versions?token=${SECRET}`],
    [`/checkout/success?session_id=${SECRET}`],
    [`/no/such/${SECRET}`],
    ["/v1/licenses/me", { headers: { Authorization: `Bearer ${SECRET}` } }],
    ["/v1/licenses/me", { headers: { Authorization: `Basic ${btoa(`machine:${SECRET}`)}` } }],
    ["/v1/admin/stats", { headers: { Authorization: `Bearer rbee_adm_${SECRET}` } }],
    ["/v1/licenses/verify", { method: "POST", body: JSON.stringify({ token: SECRET }) }],
    ["/health", { headers: { Cookie: `__Host-rbee_console=${SECRET}`, "X-Request-Id": `no id ${SECRET}` } }],
  ];
  for (const [path, init] of attempts) {
    const { text } = await ask("all", path, init);
    expect(text, path).toContain('"event":"request"');
    for (const secret of [SECRET, btoa(`machine:${SECRET}`)]) expect(text, path).not.toContain(secret);
    vi.restoreAllMocks();
  }
});

it("request log: LOG_REQUESTS limits it to server errors or turns it off", async () => {
  expect((await ask("failed", "/v1/licenses/me")).lines).toEqual([]);
  expect((await ask("none", "/v1/licenses/me")).lines).toEqual([]);
});

it.each([
  "short",
  "x".repeat(65),
  "with blanks in it",
  '{"level":"fatal"}',
  "ada.lovelace@example.com",
  "Bearer-token-of-mine.",
  "rbee_lic_0DJ5V8M2K4N6P8Q1T3X9Z2W5R7",
  "rbee_adm_c0ffeec0ffee",
  "sk_live_51H8xYzAbCdEfGh",
  "kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M",
])("request log: leaves out the client's id %j", async (sent) => {
  const { response, lines, text } = await ask("all", "/health", { headers: { "X-Request-Id": sent, "CF-Ray": sent } });
  expect(lines[0]).not.toHaveProperty("client_request_id");
  expect(lines[0]).not.toHaveProperty("ray");
  expect(text).not.toContain(sent);
  expect(response.headers.get("X-Request-Id")).not.toBe(sent);
});

it("Server-Timing: has the duration of the response", async () => {
  const { response } = await ask("none", "/health");
  expect(response.headers.get("Server-Timing")).toMatch(/^total;dur=\d+$/);
});
