import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../config/config.ts";
import { Problem, type ProblemCode } from "./problem.ts";

/** What a request turned out to be about, for the log and the counts: filled in by whoever finds it out. */
export type RequestSubject = {
  /** Of a credential that has proved genuine. */
  licenseId?: string;
  workerId?: string;
  version?: string;
  /** The code of a refusal that is told otherwise than by throwing it: on a form. */
  refusal?: ProblemCode;
};

/**
 * Writes the record of `key` to KV as the ledger has it now, and returns a mark of that state. The same mark means that nothing
 * has changed in between.
 */
export type Publisher = (env: Env, key: string) => Promise<string>;

/** How the records of each topic are made. Each room gives its own. */
export type Publishers = Record<"license" | "manifest", { publish: Publisher; mark: Publisher }>;

/** The parts that composition (src/service.ts) hands to every request and to the cron, so that no room imports a later one. */
export type Service = {
  publishers: Publishers;
  /** Publishes what follows from a manifest: the repositories of recipes. */
  afterManifest(env: Env): Promise<void>;
  /** Sends a few of the mails that are due. */
  sendMails(env: Env): Promise<void>;
};

/** The variables that the first middleware (src/platform/http/foundation.ts) sets. `now`: when the request arrived. */
export type AppEnv = {
  Bindings: Env;
  Variables: { requestId: string; now: UnixSeconds; config: Config; service: Service; subject: RequestSubject };
};

export type AppContext = Context<AppEnv>;

/** What code behind a handler needs of its request: any room's context is one. */
export type RequestScope = {
  readonly env: Env;
  readonly req: { readonly raw: Request };
  readonly executionCtx: Pick<ExecutionContext, "waitUntil">;
  readonly var: Readonly<AppEnv["Variables"]>;
};

/** A router of one room. What its schemas refuse becomes one VALIDATION_FAILED with every fault in it. */
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
