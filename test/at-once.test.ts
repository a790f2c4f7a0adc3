import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../src/app.ts";
import { answerAtOnce } from "../src/at-once.ts";
import { forgetIsolate } from "../src/lib/isolate.ts";
import { adminAct, issueLicense, tokenFor } from "./support/license-fixture.ts";
import { publishRelease, randomBytes } from "./support/publish-release.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const FREE = "llm-worker-rbee-cpu";
const FILE = "worker-linux-x86_64";
const DOWNLOAD = `/v1/workers/${WORKER}/latest/download`;
const FILES = `/v1/workers/${WORKER}/1.0.0/files`;
const REQUEST_ID = "the-clients-id";

type Credentials = { key: string; token: string; revoked: string };
let given: Credentials;

beforeEach(async () => {
  for (const worker_id of [WORKER, FREE]) {
    await publishRelease({ worker_id, version: "1.0.0", bytes: randomBytes(100) });
  }
  const { key } = await issueLicense();
  const other = await issueLicense();
  given = { key, token: await tokenFor(key, "m"), revoked: await tokenFor(other.key, "m") };
  await adminAct(other.id, "revoke", { reason: "leaked" });
});

/** What differs each time: our id of the request, a link by its id (its length does not), and the time that passed. */
const sameText = (text: string) =>
  text
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "(id)")
    .replaceAll(/\/dl\/[\w-]+/g, (link) => `/dl/${link.length}`)
    .replaceAll(/(dur=|"duration_ms":)\d+/g, "$1")
    .replace(/"expires_at":"[^"]*"/, "");

/** All that a request does: its answer, the lines of the log, and the messages of the queue. */
async function exchange(
  request: Request,
  answer: (request: Request, bindings: Env, context: ExecutionContext) => Promise<Response | null>,
) {
  const lines: string[] = [];
  for (const name of ["log", "error"] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void lines.push(line));
  }
  const messages: unknown[] = [];
  const DOWNLOADS = { send: async (message: unknown) => void messages.push(message) };
  const context = createExecutionContext();
  const response = await answer(request, { ...env, LOG_REQUESTS: "all", DOWNLOADS } as unknown as Env, context);
  await waitOnExecutionContext(context);
  vi.restoreAllMocks();
  if (response === null) return null;
  const text = sameText(await response.text());
  const headers = Object.entries(Object.fromEntries(response.headers)).map(([name, value]) => [name, sameText(value)]);
  return { status: response.status, headers: Object.fromEntries(headers), text, lines: lines.map(sameText), messages };
}

const request = (path: string, headers: Record<string, string>, init?: RequestInit) =>
  new Request(new URL(path, "https://catalog.test"), { redirect: "manual", ...init, headers });

type Case = readonly [name: string, path: string, headers: (given: Credentials) => Record<string, string>];

const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}`, "X-Request-Id": REQUEST_ID });
const withToken = ({ token }: Credentials) => bearer(token);
const without = () => ({ "X-Request-Id": REQUEST_ID });

const AT_ONCE: Case[] = [
  ["a link for a token", `${DOWNLOAD}?platform=linux-x86_64`, withToken],
  ["a link by name", `${DOWNLOAD}?filename=${FILE}&platform=linux-x86_64`, withToken],
  ["a link by channel", `${DOWNLOAD}?channel=beta&platform=linux-x86_64`, withToken],
  ["a link of the only file", DOWNLOAD, withToken],
  ["a link by the name of a variant", "/v1/workers/premium-cpu/1.0.0/download", withToken],
  ["a link of a free file", `/v1/workers/${FREE}/latest/download`, without],
  ["a link for an active machine's key", DOWNLOAD, ({ key }) => ({ ...bearer(key), "Rbee-Machine": "m" })],
  ["a file for a token", `${FILES}/${FILE}`, withToken],
  [
    "a file for a user and password",
    `${FILES}/${FILE}`,
    ({ key }) => ({ ...without(), Authorization: `Basic ${btoa(`m:${key}`)}` }),
  ],
  ["a free file", `/v1/workers/${FREE}/1.0.0/files/${FILE}`, without],
  ["a signature that there is not", `${FILES}/${FILE}.minisig`, withToken],
  ["a link without a credential", DOWNLOAD, without],
  ["a link for a false key", DOWNLOAD, () => bearer("false")],
  ["a link for the token of a revoked license", DOWNLOAD, ({ revoked }) => bearer(revoked)],
  ["a link for a key without its machine", DOWNLOAD, ({ key }) => bearer(key)],
  ["a version that there is not", `/v1/workers/${WORKER}/9.9.9/download`, withToken],
  ["a platform without a file", `${DOWNLOAD}?platform=macos-aarch64`, withToken],
  ["a file that there is not", `${FILES}/other`, withToken],
  ["a refusal for a browser", `${FILES}/other`, (all) => ({ ...withToken(all), Accept: "text/html" })],
  ["the list", "/workers", without],
  ["an entry", "/workers/cpu", without],
  ["a recipe", `/workers/${WORKER}/PKGBUILD`, without],
  ["a recipe's declarations", "/workers/premium-cpu/.SRCINFO", without],
  ["a worker", "/v1/workers/cpu", () => ({ ...without(), Origin: "https://rbee.dev" })],
  ["a family", "/workers/llm-worker-rbee", without],
  ["a family of /v1", "/v1/workers/llm-worker-rbee", without],
  ["the list by family", "/v2/workers", () => ({ ...without(), Origin: "https://marketplace.rbee.dev" })],
  ["an entry of it", "/v2/workers/llm-worker-rbee", without],
  ["a recipe as a file", `/pkgbuilds/arch/${WORKER}-bin.PKGBUILD`, without],
  ["a recipe by its former name", "/pkgbuilds/llm-worker-cpu.PKGBUILD", without],
  ["the list at another origin", "http://localhost:7811/workers", without],
  ["an entry at another origin", "http://localhost:7811/workers/cpu", without],
  ["a document that has not changed", "/v1/workers/cpu", () => ({ ...without(), "If-None-Match": "*" })],
];

describe("an answer at once", () => {
  it("is the router's, with the same line in the log and the same messages", async () => {
    for (const [name, path, headers] of AT_ONCE) {
      // Both begin with an empty memory: a document in memory is answered without a line in the log.
      forgetIsolate();
      const routed = await exchange(request(path, headers(given)), app.fetch);
      forgetIsolate();
      const direct = await exchange(request(path, headers(given)), answerAtOnce);
      expect.soft(direct, name).not.toBeNull();
      expect.soft(direct, name).toEqual(routed);
    }
  });

  it("is given a new request id, as the router gives it", async () => {
    const headers = { ...bearer(given.token), "X-Request-Id": "x y" };
    const direct = await exchange(request(DOWNLOAD, headers), answerAtOnce);
    expect(direct?.headers["x-request-id"]).toBe("(id)");
  });
});

const TO_THE_ROUTER: Case[] = [
  ["an unknown platform", `${DOWNLOAD}?platform=beos`, withToken],
  ["an unknown parameter", `${DOWNLOAD}?x=1`, withToken],
  ["a parameter twice", `${DOWNLOAD}?channel=rc&channel=rc`, withToken],
  ["an empty parameter", `${DOWNLOAD}?channel=`, withToken],
  ["an encoded path", `/v1/workers/${WORKER}/1%2E0.0/download`, withToken],
  ["a longer path", `${DOWNLOAD}/more`, withToken],
  ["no version", `/v1/workers/${WORKER}//download`, withToken],
  ["an unknown worker", "/v1/workers/none/latest/download", withToken],
  ["an unknown worker's recipe", "/workers/none/PKGBUILD", withToken],
  ["a family's recipe", "/workers/llm-worker-rbee/PKGBUILD", withToken],
  ["a recipe that there is not", "/pkgbuilds/arch/none.PKGBUILD", withToken],
  ["provenance", `${FILES}/${FILE}.intoto.jsonl`, withToken],
  ["a search", "/v1/workers", withToken],
  ["a machine that has no seat yet", DOWNLOAD, ({ key }) => ({ ...bearer(key), "Rbee-Machine": "new" })],
];

describe("a request that is left to the router", () => {
  it("is not in order, or changes something", async () => {
    for (const [name, path, headers] of TO_THE_ROUTER) {
      expect.soft(await exchange(request(path, headers(given)), answerAtOnce), name).toBeNull();
    }
    for (const method of ["HEAD", "POST", "OPTIONS"]) {
      expect.soft(await exchange(request(DOWNLOAD, bearer(given.token), { method }), answerAtOnce), method).toBeNull();
    }
    const plain = new Request(`http://catalog.test${DOWNLOAD}`, { headers: bearer(given.token) });
    expect(await exchange(plain, answerAtOnce)).toBeNull();
  });

  it("meets an invalid configuration", async () => {
    const answer: typeof answerAtOnce = (sent, bindings, context) =>
      answerAtOnce(sent, { ...bindings, PUBLIC_URL: "" }, context);
    expect(await exchange(request(DOWNLOAD, bearer(given.token)), answer)).toBeNull();
  });
});
