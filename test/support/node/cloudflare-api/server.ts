import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { ZodError } from "zod";
import { ApiError, type ApiRequest, type Permission, type Route } from "./answer.ts";
import { assetRoutes, type StubAssets } from "./assets.ts";
import { d1Routes, type StubDatabase } from "./d1.ts";
import { queueRoutes, type StubQueue } from "./queues.ts";
import { receive, type SqlFiles, sqlFileRoutes, UPLOADS } from "./sql-file.ts";
import { kvRoutes, r2Routes, type StubBucket, type StubNamespace } from "./stores.ts";
import { type StubWorker, workerRoutes } from "./workers.ts";

export const ACCOUNT = "0123456789abcdef0123456789abcdef";
const ZONE = { id: "fedcba9876543210fedcba9876543210", name: "rbee.dev" };

/** Every permission that docs/operations.md ("Going live") asks for. */
export const FULL: readonly Permission[] = [
  "Workers Scripts Write",
  "Workers KV Storage Write",
  "Workers R2 Storage Write",
  "D1 Write",
  "Queues Write",
  "Workers Routes Write",
  "Zone Read",
];

/** A running stub of Cloudflare's API, and everything in its one account. */
export type CloudflareStub = {
  /** For CLOUDFLARE_API_BASE_URL. */
  url: string;
  databases: StubDatabase[];
  buckets: StubBucket[];
  namespaces: StubNamespace[];
  queues: StubQueue[];
  workers: StubWorker[];
  assets: StubAssets;
  /** Each request, as method and path without the account. */
  requests: string[];
  /** The requests among them that no route answers. */
  unknown: string[];
  /** Makes a token with these permissions: of a user, or of the account, which is verified at another address. */
  token(permissions: readonly Permission[], owner?: "user" | "account"): string;
  stop(): Promise<void>;
};

/**
 * Starts a stub of Cloudflare's API (https://developers.cloudflare.com/api/) on a port of its own, with the routes that
 * wrangler 4.156.2 and the deploy script call, and one account with the zone rbee.dev. Each file names the functions of
 * wrangler that its routes were drawn from. It checks the token's permissions and the form of each body.
 */
export async function startCloudflare(): Promise<CloudflareStub> {
  const tokens = new Map<string, { held: readonly Permission[]; verifiedAt: string }>();
  const databases: StubDatabase[] = [];
  const buckets: StubBucket[] = [];
  const namespaces: StubNamespace[] = [];
  const queues: StubQueue[] = [];
  const workers: StubWorker[] = [];
  const assets: StubAssets = new Map();
  const requests: string[] = [];
  const unknown: string[] = [];
  const files: SqlFiles = new Map();
  const routes = [
    ...d1Routes(databases),
    ...sqlFileRoutes(databases, files, urlOf),
    ...r2Routes(buckets),
    ...kvRoutes(namespaces),
    ...queueRoutes(queues),
    ...workerRoutes(workers, {
      has: ({ type, id, namespace_id, bucket_name, jurisdiction = null, queue_name }) =>
        (type !== "d1" || databases.some(({ uuid }) => uuid === id)) &&
        (type !== "kv_namespace" || namespaces.some((known) => known.id === namespace_id)) &&
        (type !== "r2_bucket" || buckets.some((b) => b.name === bucket_name && b.jurisdiction === jurisdiction)) &&
        (type !== "queue" || queues.some((known) => known.queue_name === queue_name)),
    }),
    ...assetRoutes(assets, (token) => tokens.set(token, { held: [], verifiedAt: "" })),
    ...accountRoutes,
  ].map(([method, path, permission, answer]) => ({ method, pattern: patternOf(path), permission, answer }));

  async function answerTo(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://stub");
    requests.push(`${request.method} ${pathname.replace(`/accounts/${ACCOUNT}`, "")}`);
    const token = tokens.get(request.headers.authorization?.replace("Bearer ", "") ?? "");
    const isElsewhere = pathname.endsWith("/tokens/verify") && pathname !== token?.verifiedAt;
    if (!token || isElsewhere) throw new ApiError(401, 1000, "Invalid API Token");
    const route = routes.find(({ method, pattern }) => method === request.method && pattern.test(pathname));
    if (!route) {
      unknown.push(`${request.method} ${pathname}`);
      throw new ApiError(404, 7003, `Could not route to ${pathname}`);
    }
    const { permission } = route;
    const { held } = token;
    const isHeld = permission === null || held.includes(permission) || held.includes(writingOf(permission));
    if (!isHeld) throw new ApiError(403, 10000, "Authentication error");
    const params = route.pattern.exec(pathname)?.groups ?? {};
    if (params["account"] !== undefined && params["account"] !== ACCOUNT) {
      throw new ApiError(403, 10000, "Authentication error");
    }
    return route.answer(requestOf(request, params, searchParams));
  }

  const server = createServer(async (request, response) => {
    if (request.method === "PUT" && request.url?.startsWith(UPLOADS)) {
      response.writeHead(200, { ETag: `"${receive(files, request.url, await buffer(request))}"` }).end();
      return;
    }
    let status = 200;
    let body: object;
    try {
      body = { success: true, errors: [], messages: [], result: await answerTo(request) };
    } catch (error) {
      status = error instanceof ApiError ? error.status : error instanceof ZodError ? 400 : 500;
      const code = error instanceof ApiError ? error.code : 10001;
      const message = error instanceof Error ? error.message : String(error);
      body = { success: false, errors: [{ code, message }], messages: [], result: null };
    }
    // An upload that was refused is read to its end, so that its sender gets the answer.
    request.resume();
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  function urlOf(): string {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The stub has no port.");
    return `http://127.0.0.1:${address.port}`;
  }
  return {
    url: urlOf(),
    ...{ databases, buckets, namespaces, queues, workers, assets, requests, unknown },
    token(held, owner = "user") {
      const token = `token-${tokens.size}`;
      tokens.set(token, { held, verifiedAt: `/${owner === "user" ? "user" : `accounts/${ACCOUNT}`}/tokens/verify` });
      return token;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      for (const { sqlite } of databases) sqlite.close();
    },
  };
}

/** What a token may ask about itself, its accounts and its zones. */
const accountRoutes: Route[] = [
  ["GET", "/user/tokens/verify", null, () => ({ id: "token", status: "active" })],
  ["GET", "/accounts/:account/tokens/verify", null, () => ({ id: "token", status: "active" })],
  ["GET", "/accounts", null, () => [{ id: ACCOUNT, name: "rbee" }]],
  ["GET", "/zones", "Zone Read", ({ query }) => [ZONE].filter(({ name }) => name === (query.get("name") ?? name))],
  ["GET", "/zones/:zone/workers/routes", "Workers Routes Read", () => []],
];

const writingOf = (permission: Permission): Permission =>
  permission.endsWith(" Read") ? (permission.replace(/ Read$/, " Write") as Permission) : permission;

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`);

/** The parts of a request that the routes read. */
function requestOf(request: IncomingMessage, params: Record<string, string>, query: URLSearchParams): ApiRequest {
  const bytes = () => buffer(request);
  return {
    params,
    query,
    header: (name) => request.headers[name]?.toString() ?? null,
    json: async () => JSON.parse((await bytes()).toString()),
    form: async () => {
      const headers = { "Content-Type": request.headers["content-type"] ?? "" };
      return new Response(await bytes(), { headers }).formData();
    },
  };
}
