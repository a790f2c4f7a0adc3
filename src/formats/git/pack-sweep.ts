import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { readStored } from "../../platform/storage/edge-store.ts";
import { packKey, RepositoryRecord, repositoryKey } from "./record.ts";

/** How long a pack stays after a newer one exists, in seconds: far longer than any clone takes. */
const KEPT = 7 * DAY;

/** The maximum number of objects that R2 deletes in one call. */
const REMOVED_AT_ONCE = 1000;

type PackFile = Pick<R2Object, "key" | "uploaded">;

/**
 * Deletes packs that no record names and that newer packs had replaced long before `now`: up to a thousand files of
 * each repository, the rest the next time. Packs can be made again from the history. Throws the errors of R2 and KV.
 */
export async function sweepPacks(
  env: Pick<Env, "EDGE" | "BINARIES">,
  repositories: readonly string[],
  now: UnixSeconds,
): Promise<void> {
  for (const name of repositories) {
    const replaced = replacedFiles(await listPackFiles(env.BINARIES, name), now - KEPT);
    // KV may return an older record here. Its pack is kept, and so is the newest.
    const key = repositoryKey(name);
    const record = RepositoryRecord.safeParse((await readStored(env.EDGE, [key])).get(key)).data;
    if (!record) continue;
    const current = packKey(name, `pack-${record.pack}.`);
    const unused = replaced.filter((file) => !file.startsWith(current)).slice(0, REMOVED_AT_ONCE);
    if (unused.length > 0) await env.BINARIES.delete(unused);
  }
}

/**
 * The keys of a repository's files whose pack was replaced by `at`. The newest pack of that time is not among them,
 * because it may have been the current one until a moment ago.
 */
export function replacedFiles(files: readonly PackFile[], at: UnixSeconds): string[] {
  const there = files
    .filter(({ uploaded }) => uploaded.getTime() < at * 1000)
    .sort((a, b) => b.uploaded.getTime() - a.uploaded.getTime())
    .map(({ key }) => key);
  const newest = there[0]?.replace(/[^.]*$/, "");
  return newest === undefined ? [] : there.filter((key) => !key.startsWith(newest));
}

async function listPackFiles(bucket: Pick<R2Bucket, "list">, name: string): Promise<PackFile[]> {
  const files: PackFile[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: packKey(name, ""), ...(cursor === undefined ? {} : { cursor }) });
    files.push(...page.objects);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return files;
}
