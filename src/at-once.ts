import { answerDocumentAtOnce, documentAt } from "./domain/catalog/documents.ts";
import { downloadAt } from "./domain/delivery/at-once.ts";
import { ConfigError } from "./platform/config/config.ts";
import { type AtOnce, isForPeople, logRequest, SECURITY_HEADERS, scopeOf } from "./platform/http/exchange.ts";
import { isPlainHttp } from "./platform/http/own-address.ts";
import { type Answer, Problem, problemAnswer } from "./platform/http/problem.ts";
import type { ReadScope } from "./platform/http/router.ts";
import { countRefusal } from "./platform/usage/refusal.ts";

/**
 * Answers the requests that hives make most, exactly as their routes do but without the router: its code need not be
 * evaluated, and routing costs as much as the answer. Returns null for every other request, and for every request that
 * is not in order: the router then finds the fault. `test/at-once.test.ts` compares both ways.
 */
export async function answerAtOnce(request: Request, env: Env, context: ExecutionContext): Promise<Response | null> {
  const { url, method } = request;
  if (isPlainHttp({ url })) return null;
  const path = pathOf(url);
  const isGet = method === "GET";
  const download = isGet ? downloadAt(path, url) : null;
  if (download) return answerOperation(download, request, env, context);
  const answer = answerDocumentAtOnce(request, path, env);
  const document = isGet && !answer ? documentAt(path) : null;
  return document ? answerOperation(document, request, env, context) : answer;
}

/** The path of a URL, as it is written. One with an encoded character is no path of an operation here. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("?", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

async function answerOperation(
  { route, answer }: AtOnce,
  request: Request,
  env: Env,
  context: ExecutionContext,
): Promise<Response | null> {
  const began = performance.now();
  const c = scopeIfConfigured(request, env, context);
  if (!c) return null;
  try {
    const answered = await answer(c);
    return answered && finish(c, answered, logRequest(c, { route, status: answered.status, error: null, began }));
  } catch (error) {
    countRefusal(c, route, error);
    if (error instanceof Problem && !isForPeople(request)) {
      const refused = problemAnswer(error, c.var.requestId, c.var.config.PUBLIC_URL);
      return finish(c, refused, logRequest(c, { route, status: refused.status, error, began }));
    }
    const { answerError } = await import("./app.ts");
    const response = await answerError(error, request, c.var.requestId, null, c.var.config.PUBLIC_URL);
    response.headers.append("Server-Timing", logRequest(c, { route, status: response.status, error, began }));
    return response;
  }
}

/** The response, with the headers that every response carries. */
const finish = ({ var: { requestId } }: ReadScope, { status, headers, body }: Answer, timing: string): Response =>
  new Response(body, {
    status,
    headers: { ...SECURITY_HEADERS, "X-Request-Id": requestId, "Server-Timing": timing, ...headers },
  });

/** The scope of the request, or null if the configuration is invalid. */
function scopeIfConfigured(request: Request, env: Env, context: ExecutionContext): ReadScope | null {
  try {
    return scopeOf(request, env, context);
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}
