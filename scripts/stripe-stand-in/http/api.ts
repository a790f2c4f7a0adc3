import { createHash, timingSafeEqual } from "node:crypto";
import Stripe from "stripe";
import type * as z from "zod";
import { ApiError } from "../api-error.ts";
import type { StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";
import { expandPaths, toJson } from "./expansion.ts";
import { type FormObject, type FormValue, parseForm } from "./form.ts";
import { readParameters } from "./parameters.ts";
import { type ApiKey, checkCall, checkExpansion } from "./restriction.ts";

export type Method = "GET" | "POST" | "DELETE";

/** One call of the API. */
export type ApiCall = {
  method: Method;
  /** A path such as `/v1/prices/:id`, with one `:id` at most. */
  path: string;
  /** Checks the parameters and returns the function that carries out the call. */
  prepare(form: FormObject): (standIn: StandIn, id: string) => unknown;
};

/** Defines one call. `handle` gets the form as parsed by `parameters`, and returns the object to answer with. */
export function call<S extends z.ZodType>(
  method: Method,
  path: string,
  parameters: S,
  handle: (standIn: StandIn, parameters: z.output<S>, id: string) => unknown,
): ApiCall {
  return {
    method,
    path,
    prepare(form) {
      const checked = readParameters(parameters, form);
      return (standIn, id) => handle(standIn, checked, id);
    },
  };
}

export type ApiRequest = { method: string; path: string; query: string; body: string; headers: Headers };
export type ApiAnswer = { status: number; body: string; headers: Record<string, string> };

/** Answers one request to `/v1/...` like Stripe: key, version, idempotency, parameters, expansion, errors. */
export function answerApi(
  standIn: StandIn,
  calls: readonly ApiCall[],
  apiKey: string,
  { method, path, query, body, headers }: ApiRequest,
): ApiAnswer {
  const requestId = newId("req", 14);
  const answer = (status: number, value: unknown, more: Record<string, string> = {}): ApiAnswer => ({
    status,
    body: typeof value === "string" ? value : JSON.stringify(value),
    headers: {
      "Content-Type": "application/json",
      "Request-Id": requestId,
      "Stripe-Version": Stripe.API_VERSION,
      ...more,
    },
  });
  const key = headers.get("Idempotency-Key");
  const fingerprint = createHash("sha256").update(`${method} ${path}\n${body}`).digest("hex");
  let begun = false;
  try {
    const caller = callerOf(headers.get("Authorization"), apiKey, standIn.state.restricted_keys);
    checkVersion(headers.get("Stripe-Version"));
    const { found, id } = route(calls, method, path);
    checkCall(caller, found.method, path);
    const { expand, ...form } = parseForm(method === "GET" ? query : body || query);
    const act = found.prepare(form);
    const paths = readExpand(expand);
    if (key !== null && method === "POST") {
      const earlier = standIn.state.idempotency[key];
      if (earlier?.fingerprint === fingerprint) {
        return answer(earlier.status, earlier.body, { "Idempotent-Replayed": "true", "Idempotency-Key": key });
      }
      if (earlier) throw reusedKey(key);
    }
    begun = true;
    const mayExpand = (kind: string): void => checkExpansion(caller, kind);
    return remember(answer(200, expandPaths(standIn.state, toJson(act(standIn, id)), paths, mayExpand)));
  } catch (error) {
    const known = error instanceof ApiError ? error : null;
    if (!known) console.error("The Stripe stand-in failed:", error);
    const refusal = answer(known?.status ?? 500, known ?? { error: { type: "api_error", message: "Internal error" } });
    return begun && known ? remember(refusal) : refusal;
  }

  /**
   * Stores the answer of a request that was carried out, for its retries. A request that was refused before that may be
   * corrected and sent again.
   */
  function remember(result: ApiAnswer): ApiAnswer {
    if (key === null || method !== "POST") return result;
    standIn.state.idempotency[key] = { fingerprint, status: result.status, body: result.body };
    return { ...result, headers: { ...result.headers, "Idempotency-Key": key } };
  }
}

function route(calls: readonly ApiCall[], method: string, path: string): { found: ApiCall; id: string } {
  const parts = path.split("/");
  for (const found of calls) {
    const pattern = found.path.split("/");
    if (found.method !== method || pattern.length !== parts.length) continue;
    if (!pattern.every((part, index) => part === ":id" || part === parts[index])) continue;
    return { found, id: decodeURIComponent(parts[pattern.indexOf(":id")] ?? "") };
  }
  throw new ApiError({
    status: 404,
    message: `Unrecognized request URL (${method}: ${path}). The local stand-in has only a part of Stripe's API.`,
  });
}

/** The key of a request: the account's secret key, or one of its restricted keys. Throws `ApiError` for any other. */
function callerOf(authorization: string | null, apiKey: string, restricted: Record<string, string[]>): ApiKey {
  const [scheme, value = ""] = authorization?.split(" ") ?? [];
  const given = scheme === "Basic" ? (Buffer.from(value, "base64").toString().split(":")[0] ?? "") : value;
  if (given === "") throw new ApiError({ status: 401, message: "You did not provide an API key." });
  const digest = (text: string) => createHash("sha256").update(text).digest();
  if (timingSafeEqual(digest(given), digest(apiKey))) return { key: given, granted: null };
  const granted = Object.hasOwn(restricted, given) ? restricted[given] : undefined;
  if (granted !== undefined) return { key: given, granted };
  throw new ApiError({ status: 401, message: `Invalid API Key provided: ${given.slice(0, 8)}***` });
}

function checkVersion(version: string | null): void {
  if (version === null || version === Stripe.API_VERSION) return;
  throw new ApiError({
    message: `Invalid Stripe API version: ${version}. The stand-in supports ${Stripe.API_VERSION}.`,
  });
}

function readExpand(expand: FormValue | undefined): string[] {
  if (expand === undefined) return [];
  if (!Array.isArray(expand)) throw new ApiError({ param: "expand", message: "Invalid array" });
  return expand.filter((path) => typeof path === "string");
}

const reusedKey = (key: string): ApiError =>
  new ApiError({
    type: "idempotency_error",
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  });
