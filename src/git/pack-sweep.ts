import { readStored } from "../storage/edge-store.ts";
import { DAY, type UnixSeconds } from "../time.ts";
import { packKey } from "./pack-key.ts";
import { REPOSITORIES } from "./repositories.ts";
import { RepositoryRecord, repositoryKey } from "./repository-record.ts";

/** How long the packs of earlier states stay, in seconds: far longer than any clone that began with one takes. */
const KEPT = 7 * DAY;

/**
 * Removes what R2 has of packs that no record names any more and that were made long before `now`: up to a thousand files of each
 * repository, the rest the next time. Nothing is lost with a pack: all are made of the history. Throws what R2 and KV throw.
 */
export async function sweepPacks(env: Pick<Env, "EDGE" | "BINARIES">, now: UnixSeconds): Promise<void> {
  for (const name of REPOSITORIES) {
    const { objects } = await env.BINARIES.list({ prefix: packKey(name, "") });
    // Read after the listing: a pack that became the current one meanwhile is named, or as young as its record.
    const key = repositoryKey(name);
    const record = RepositoryRecord.safeParse((await readStored(env.EDGE, [key])).get(key)).data;
    if (!record) continue;
    const current = packKey(name, `pack-${record.pack}.`);
    const old = objects.filter(
      (object) => !object.key.startsWith(current) && object.uploaded.getTime() / 1000 < now - KEPT,
    );
    if (old.length > 0) await env.BINARIES.delete(old.map((object) => object.key));
  }
}
