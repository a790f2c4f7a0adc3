import type { RequestScope } from "../../platform/http/router.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import { settle } from "../../platform/storage/settle.ts";
import type { ReleaseAction } from "./status.ts";
import { moveRelease, type Release } from "./store.ts";

/**
 * Moves a release on and publishes its worker's manifest. Returns it as it is now, and whether downloads follow already
 * (`settle`). Throws what `moveRelease` does.
 */
export async function actOnRelease(
  c: RequestScope,
  admin: Actor,
  id: string,
  action: ReleaseAction,
  reason: string | null,
): Promise<{ release: Release; edge: "published" | "pending" }> {
  const { changeId, ...release } = await moveRelease(c.env.DB, admin, id, action, reason);
  const manifest = { topic: "manifest", key: release.worker_id } as const;
  return {
    release,
    edge: await settle(c, { stale: [{ ...manifest, changeIds: changeId === null ? [] : [changeId] }] }),
  };
}
