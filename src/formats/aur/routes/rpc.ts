import { problems } from "../../../platform/http/problem-schema.ts";
import { type AppContext, createRoute, createRouter, jsonBodyLimit, z } from "../../../platform/http/route.ts";
import { listPackages } from "../package.ts";
import { answerRpc, argumentsOf, RpcEnvelope, type RpcQuery } from "../rpc.ts";

const Query = z.object({
  v: z.string().optional().openapi({ description: "The version of the interface: 5.", example: "5" }),
  type: z
    .string()
    .optional()
    .openapi({ description: "`info`, `search`, `suggest` or `suggest-pkgbase`.", example: "info" }),
  by: z.string().optional().openapi({ description: "The field of a search; default `name-desc`." }),
  arg: z.string().optional().openapi({ description: "The search term." }),
  "arg[]": z.string().optional().openapi({
    description: "The names of an `info`, one for each parameter.",
    example: "llm-worker-rbee-cpu",
  }),
  callback: z
    .string()
    .optional()
    .openapi({ description: "The AUR's JSONP. It is always an error here, because the answer would be a script." }),
});

const responses = {
  200: {
    description: "The packages, the suggested names, or an error of type `error`.",
    content: { "application/json": { schema: z.union([RpcEnvelope, z.array(z.string())]) } },
  },
  ...problems("PAYLOAD_TOO_LARGE", "SERVICE_UNAVAILABLE"),
};

const description =
  "aurweb's RPC interface, version 5, for AUR helpers that are given this catalog as their AUR: `yay --aururl`, paru, " +
  "aurutils, pikaur. Errors are aurweb's own, but for that of a `callback`.";

async function answer(c: AppContext, query: RpcQuery) {
  return c.json(answerRpc(await listPackages(c), query), 200, { "Cache-Control": "no-cache" });
}

const queryOf = (parameters: URLSearchParams): RpcQuery => ({
  v: parameters.get("v"),
  type: parameters.get("type"),
  by: parameters.get("by"),
  args: argumentsOf(parameters),
  callback: parameters.get("callback"),
});

/** The members of a body in JSON, as aurweb's paths take it. An unreadable member is absent. */
const JsonQuery = z.object({
  by: z.string().optional().catch(undefined),
  arg: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
});

/** The query in a body: a form, as helpers send it to every address, or JSON. */
async function queryInBody(c: AppContext): Promise<RpcQuery> {
  const text = new TextDecoder().decode(await c.req.arrayBuffer());
  const sent = text.trimStart().startsWith("{") ? JsonQuery.safeParse(jsonOrNull(text)).data : undefined;
  if (!sent) return queryOf(new URLSearchParams(text));
  const { arg = [], by = null } = sent;
  return { v: null, type: null, by, args: [arg].flat(), callback: null };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The RPC interface of aurweb: `/rpc` as helpers call it, and `/rpc/v5/...`. */
export const rpc = createRouter();

/** The interface has both addresses. */
const ADDRESSES = ["/rpc", "/rpc/"];

const get = createRoute({
  method: "get",
  path: "/rpc",
  tags: ["AUR helpers"],
  summary: "Query packages as an AUR helper",
  description,
  request: { query: Query },
  responses,
});
rpc.openAPIRegistry.registerPath(get);
rpc.on("GET", ADDRESSES, (c) => answer(c, queryOf(new URL(c.req.url).searchParams)));

const post = createRoute({
  method: "post",
  path: "/rpc",
  tags: ["AUR helpers"],
  summary: "Query many packages as an AUR helper",
  description,
  request: { body: { content: { "application/x-www-form-urlencoded": { schema: Query } } } },
  responses,
});
rpc.openAPIRegistry.registerPath(post);
rpc.on("POST", ADDRESSES, jsonBodyLimit, async (c) => answer(c, await queryInBody(c)));

const type = z.string().openapi({ description: "`info`, `search`, `suggest` or `suggest-pkgbase`.", example: "info" });
const arg = z.string().openapi({ description: "The search term.", example: "llm-worker-rbee-cpu" });
const PathQuery = Query.omit({ v: true, type: true });

for (const { path, params } of [
  { path: "/rpc/v5/{type}", params: z.object({ type }) },
  { path: "/rpc/v5/{type}/{arg}", params: z.object({ type, arg }) },
]) {
  const route = createRoute({
    method: "get",
    path,
    tags: ["AUR helpers"],
    summary: "Query packages by path as an AUR helper",
    description,
    request: { params, query: PathQuery },
    responses,
  });
  rpc.openAPIRegistry.registerPath(route);
  rpc.get(route.getRoutingPath(), (c) => {
    const query = queryOf(new URL(c.req.url).searchParams);
    const arg = c.req.param("arg");
    return answer(c, {
      ...query,
      v: "5",
      type: c.req.param("type") ?? null,
      args: arg === undefined ? query.args : [arg],
    });
  });
}

const postByPath = createRoute({
  method: "post",
  path: "/rpc/v5/{type}",
  tags: ["AUR helpers"],
  summary: "Query many packages by path as an AUR helper",
  description,
  request: {
    params: z.object({ type }),
    body: {
      content: {
        "application/x-www-form-urlencoded": { schema: PathQuery },
        "application/json": {
          schema: z.object({
            by: PathQuery.shape.by,
            arg: z.union([z.string(), z.array(z.string())]).openapi({
              description: "The search term, or the names of an `info`.",
              example: ["llm-worker-rbee-cpu"],
            }),
          }),
        },
      },
    },
  },
  responses,
});
rpc.openAPIRegistry.registerPath(postByPath);
rpc.post(postByPath.getRoutingPath(), jsonBodyLimit, async (c) =>
  answer(c, { ...(await queryInBody(c)), v: "5", type: c.req.param("type") ?? null }),
);
