import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../config/config.ts";
import { Problem, type ProblemCode } from "./problem.ts";

/** The license, worker and version that a request concerns, for the log and the counts. Handlers fill it in. */
export type RequestSubject = {
  /** Set only if the credential was genuine. */
  licenseId?: string;
  workerId?: string;
  version?: string;
  /** The request asks for a download, on any path. */
  isDownload?: boolean;
  /** The code of a refusal that a form shows, so that no handler throws it. */
  refusal?: ProblemCode;
};

/** Writes the ledger's state of `key` to KV, and returns a mark of it. An equal mark means no change since. */
export type Publisher = (env: Env, key: string) => Promise<string>;

/** How each topic's records are published. Each room provides its own. */
export type Publishers = Record<"license" | "manifest", { publish: Publisher; mark: Publisher }>;

/** The parts that src/service.ts hands to every request and the cron, so that no room imports a later one. */
export interface Service {
  publishers: Publishers;
  /** Publishes the repositories of recipes, which depend on the manifests. */
  afterManifest(env: Env): Promise<void>;
  /** Sends a few of the mails that are due. */
  sendMails(env: Env): Promise<void>;
}

/**
 * The bindings and variables of every handler, set by src/platform/http/foundation.ts. `now` is the arrival,
 * `requestId` is ours, and `clientRequestId` the client's own, if it sent an acceptable one.
 */
export type AppEnv = {
  Bindings: Env;
  Variables: {
    requestId: string;
    clientRequestId: string | null;
    now: UnixSeconds;
    config: Config;
    service: Service;
    subject: RequestSubject;
  };
};

export type AppContext = Context<AppEnv>;

/** The part of a request's context that code behind a handler needs to read. It exists without the router, too. */
export type ReadScope = {
  readonly env: Env;
  readonly req: { readonly raw: Request };
  readonly executionCtx: Pick<ExecutionContext, "waitUntil">;
  readonly var: Readonly<Omit<AppEnv["Variables"], "service">>;
};

/** The part that code which changes something needs as well. Every `Context` of this service is one. */
export type RequestScope = ReadScope & { readonly var: Readonly<AppEnv["Variables"]> };

/** A router. A request that its schemas refuse becomes one VALIDATION_FAILED that lists every fault. */
export function createRouter<E extends AppEnv = AppEnv>(): OpenAPIHono<E> {
  return new OpenAPIHono<E>({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
      const [first] = errors;
      throw new Problem({
        code: "VALIDATION_FAILED",
        detail: first ? `${first.path || result.target}: ${first.message}` : "The request is not valid.",
        extras: { errors },
      });
    },
  });
}

/** One router with the routes of all `routers`, in this order. Their middleware stays with their own routes. */
export function combine<E extends AppEnv = AppEnv>(...routers: readonly OpenAPIHono<E>[]): OpenAPIHono<E> {
  const all = createRouter<E>();
  for (const router of routers) all.route("/", router);
  return all;
}
