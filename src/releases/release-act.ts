import type { RequestScope } from "../http/app.ts";
import { publishNow } from "../publication.ts";
import type { Actor } from "../storage/ledger.ts";
import type { ReleaseAction } from "./release-status.ts";
import { moveRelease, type Release } from "./release-store.ts";

/** Moves a release on and publishes its worker's manifest. Throws what `moveRelease` does. */
export async function actOnRelease(
  c: RequestScope,
  admin: Actor,
  id: string,
  action: ReleaseAction,
  reason: string | null,
): Promise<Release> {
  const { changeId, ...release } = await moveRelease(c.env.DB, admin, id, action, reason);
  await publishNow(c, { topic: "manifest", key: release.worker_id }, changeId === null ? [] : [changeId]);
  return release;
}
