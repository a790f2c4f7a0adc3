import { afterEach, expect } from "vitest";
import { app } from "../../src/app.ts";
import type { OpenApiDocument } from "../../src/platform/http/openapi.ts";
import { ANYWHERE } from "../../src/platform/http/problem.ts";
import { apiDescription } from "../../src/web/reference/description.ts";

type Described = { content?: Record<string, { examples?: Record<string, unknown> }> };

/** An operation of the description: the form of its paths, and its answers by status. */
type Place = { method: string; path: string; pattern: RegExp; answers: Record<string, Described> };

let places: Place[] | null = null;

/** The operations of the description, those with the fewest parameters first. */
async function described(): Promise<Place[]> {
  places ??= placesOf(apiDescription(await app.whole(), "https://catalog.test"));
  return places;
}

const placesOf = ({ paths = {} }: OpenApiDocument): Place[] =>
  Object.entries(paths)
    .flatMap(([path, item]) =>
      (["get", "put", "post", "delete"] as const).flatMap((method): Place[] => {
        const operation = item[method];
        if (!operation) return [];
        const parts = path.split(/\{\w+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
        const pattern = new RegExp(`^${parts.join("[^/]+")}/?$`);
        return [{ method, path, pattern, answers: operation.responses as Record<string, Described> }];
      }),
    )
    .sort((a, b) => a.path.split("{").length - b.path.split("{").length);

/** The methods by which an operation is asked for. HEAD is answered by GET. */
const METHODS: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "post",
  PUT: "put",
  DELETE: "delete",
};

/** What is wrong with the description of an answer; null if the answer is described, or at no operation's path. */
async function undescribed(request: Request, response: Response, problem: string | null): Promise<string | null> {
  const { pathname } = new URL(request.url);
  const place = (await described()).find(
    ({ method, pattern }) => method === METHODS[request.method] && pattern.test(pathname),
  );
  // Plain http is redirected before any operation.
  if (!place || response.status === 301) return null;
  const what = `${place.method} ${place.path} answers ${response.status}`;
  const type = response.headers.get("Content-Type")?.split(";")[0];
  const code = problem === null ? null : (JSON.parse(problem) as { code: string }).code;
  if (code !== null && ANYWHERE.some((one) => one === code)) return null;
  // The page of an error, such as that of an outage.
  if (response.status >= 500 && !(response.status in place.answers)) return null;
  const answer = place.answers[response.status];
  if (!answer) return `${what} ${code ?? ""}`;
  const content = answer.content ?? {};
  if (code !== null && !(code in (content["application/problem+json"]?.examples ?? {}))) return `${what} ${code}`;
  const types = Object.keys(content);
  // Browsers get a problem as a page.
  const asPage = type === "text/html" && "application/problem+json" in content;
  if (request.method === "HEAD" || type === undefined || response.body === null || asPage) return null;
  return types.some((one) => one === type) ? null : `${what} as ${type}`;
}

const faults = new Set<string>();

/**
 * Compares each answer that the Worker gives in a test with the description of the API. A test fails that sees a
 * status, a problem's code or a type of content which its operation does not describe.
 */
export function watchAnswers(): void {
  if (!isWatched) {
    isWatched = true;
    const { fetch } = app;
    app.fetch = async (request, env, context) => {
      let response = await fetch(request, env, context);
      let problem: string | null = null;
      // Hundreds of unread clones stop the test's Worker, so a problem is read once and sent anew.
      if (response.headers.get("Content-Type")?.startsWith("application/problem+json") && request.method !== "HEAD") {
        problem = await response.text();
        response = new Response(problem, response);
      }
      const fault = await undescribed(request, response, problem);
      if (fault !== null) faults.add(fault);
      return response;
    };
  }
  afterEach(() => {
    const found = [...faults];
    faults.clear();
    expect(found, "answers that the description of the API (/openapi.json) does not have").toEqual([]);
  });
}

let isWatched = false;
