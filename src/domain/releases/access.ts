import type { MiddlewareHandler } from "hono";
import type { NeededScope } from "../../platform/config/scopes.ts";
import { ADMIN_PROBLEMS, type AdminEnv, adminAccess } from "../../platform/identity/authentication.ts";
import { requireWorkerOf, type WorkerLimit } from "../../platform/identity/worker-limit.ts";
import { type Release, readRelease } from "./store.ts";

/**
 * Refuses the release in the path to an admin who is limited to other workers, with INSUFFICIENT_SCOPE. A release that
 * does not exist gets the same answer. An admin without a limit passes, with no read.
 */
const withinWorkers: MiddlewareHandler<AdminEnv> = async (c, next) => {
  const { admin } = c.var;
  const id = c.req.param("id");
  if (admin.workers !== null && id !== undefined) requireWorkerOf(admin, await workerOf(c.env.DB, id));
  await next();
};

const workerOf = (db: D1Database, id: string): Promise<string | null> =>
  db.prepare("SELECT worker_id FROM releases WHERE id = ?").bind(id).first<string>("worker_id");

/**
 * `adminAccess` of every operation on releases: the scope, and the workers that the admin is limited to. Both are
 * checked before anything of the release or of the request's body is read. `andThen` runs after them.
 */
export const releaseAccess = (
  scope: NeededScope,
  ...andThen: MiddlewareHandler<AdminEnv>[]
): ReturnType<typeof adminAccess> => adminAccess(scope, withinWorkers, ...andThen);

/** `releaseAccess` as the access of an `operation`. */
export const releaseAdmin = (scope: NeededScope) => ({ ...releaseAccess(scope), refusals: ADMIN_PROBLEMS });

/** The release with this id, for an admin. Throws INSUFFICIENT_SCOPE for another worker's, else VERSION_NOT_FOUND. */
export async function readReleaseFor(db: D1Database, admin: WorkerLimit, id: string): Promise<Release> {
  if (admin.workers !== null) requireWorkerOf(admin, await workerOf(db, id));
  return readRelease(db, id);
}
