import type { MiddlewareHandler } from "hono";
import * as z from "zod";
import { PROBLEMS, type ProblemCode } from "../../platform/http/problem.ts";
import type { AppContext, AppEnv } from "../../platform/http/router.ts";
import { challengeOf, TOKEN_PATH } from "./challenge.ts";

/** The codes of errors that this registry answers with (distribution-spec, "Error Codes"). */
export type OciCode =
  | "BLOB_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "TOOMANYREQUESTS"
  | "UNAUTHORIZED"
  | "UNAVAILABLE"
  | "UNKNOWN"
  | "UNSUPPORTED";

/** The body of an error (distribution-spec, "Error Codes"). `detail` has the problem's members beside its sentence. */
export const OciErrors = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string(), detail: z.record(z.string(), z.unknown()) })),
});

/** The kind of thing that a path below `/v2/` names; for the code of a 404. */
const unknownAt = (path: string): OciCode => {
  if (/\/blobs\/[^/]*$/.test(path)) return "BLOB_UNKNOWN";
  return /\/(?:manifests|referrers)\/[^/]*$/.test(path) ? "MANIFEST_UNKNOWN" : "NAME_UNKNOWN";
};

/** The registry's code for a problem at a path. Every code of ours has one. */
export function ociCodeOf(code: ProblemCode, path: string): OciCode {
  if (code === "WORKER_NOT_FOUND" || code === "NOT_FOUND") return "NAME_UNKNOWN";
  if (code === "MALFORMED_REQUEST") return unknownAt(path) === "NAME_UNKNOWN" ? "UNSUPPORTED" : "DIGEST_INVALID";
  switch (PROBLEMS[code].status) {
    case 401:
      return "UNAUTHORIZED";
    case 403:
    case 409:
    case 410:
      return "DENIED";
    case 404:
      return unknownAt(path);
    case 416:
      return "SIZE_INVALID";
    case 429:
      return "TOOMANYREQUESTS";
    case 500:
      return "UNKNOWN";
    case 503:
      return "UNAVAILABLE";
    default:
      return "UNSUPPORTED";
  }
}

/** The repository that a path below `/v2/` names; null if it names none. */
const repositoryAt = (path: string): string | null =>
  /^\/v2\/(.+)\/(?:manifests|blobs|referrers)\/[^/]+$|^\/v2\/(.+)\/tags\/list$/.exec(path)?.slice(1).find(Boolean) ??
  null;

/** The members of problem+json that an error of a registry says otherwise or not at all. */
const OWN = new Set(["type", "title", "status", "detail", "error"]);

/** An error in the registry's form. */
export const ociError = (status: number, code: OciCode, message: string, detail: object = {}): Response =>
  Response.json({ errors: [{ code, message, detail }] }, { status });

/**
 * Gives refusals the form of a registry's errors, which containers' tools show: our sentence as `message`, and our code
 * in `detail`. A 401 says where the client gets a token. It stands before all routes of the registry.
 */
export const registryErrors: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  c.res.headers.set("Docker-Distribution-API-Version", "registry/2.0");
  if (!c.res.headers.get("Content-Type")?.startsWith("application/problem+json")) return;
  const problem = Problem.parse(await c.res.json());
  const { path } = c.req;
  const detail = Object.fromEntries(Object.entries(problem).filter(([name]) => !OWN.has(name)));
  const { status, headers } = c.res;
  const response = ociError(status, ociCodeOf(problem.code, path), problem.detail, detail);
  for (const [name, value] of headers) if (name !== "content-type") response.headers.set(name, value);
  if (status === 401) response.headers.set("WWW-Authenticate", challengeAt(c, path));
  c.res = undefined;
  c.res = response;
};

/** The token endpoint takes the credential itself, by Basic. Everything else takes its token. */
const challengeAt = (c: AppContext, path: string): string =>
  path === TOKEN_PATH ? 'Basic realm="rbee", charset="UTF-8"' : challengeOf(c, repositoryAt(path));

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];
const Problem = z.looseObject({ code: z.enum(CODES), detail: z.string() });
