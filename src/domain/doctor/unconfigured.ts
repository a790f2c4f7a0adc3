import type { MiddlewareHandler } from "hono";
import { currentTime } from "../../lib/time.ts";
import { ConfigError, type ConfigFault, configOf } from "../../platform/config/config.ts";
import { allows } from "../../platform/config/scopes.ts";
import { isPlainHttp } from "../../platform/http/own-address.ts";
import type { AppEnv } from "../../platform/http/router.ts";
import { adminOfHeader } from "../../platform/identity/authentication.ts";
import { checkConfiguration } from "./check/configuration.ts";
import { reportView } from "./routes.ts";

/**
 * Answers `GET /v1/admin/doctor` while the configuration is not valid, when every other request is 503. An admin token
 * needs only the ledger, so that admins learn the faulty variables and nobody else does. All other cases go on to the
 * 503: plain http, no token in force, a ledger that fails.
 */
export const unconfigured: MiddlewareHandler<AppEnv> = async (c, next) => {
  const faults = faultsOf(c.env);
  if (faults === null || c.req.method !== "GET" || isPlainHttp(c.req.raw)) return next();
  const now = currentTime();
  const authorization = c.req.header("Authorization");
  if (authorization === undefined) return next();
  const admin = await adminOfHeader(c.env, c.req.raw, authorization, now).catch(() => null);
  if (admin === null || !allows(admin.scopes, "stats:read")) return next();
  return c.json(reportView(checkConfiguration(faults), now, null), 200, { "Cache-Control": "no-store" });
};

function faultsOf(env: Env): readonly ConfigFault[] | null {
  try {
    configOf(env);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}
