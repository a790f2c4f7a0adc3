import * as z from "zod";
import { BACKUP_ID, Manifest, manifestKey, sizeOf } from "./format.ts";

/** A finished backup in short. `bytes`: of all its files, those included that it shares with others. */
export const BackupSummary = z.object({ id: z.string(), as_of: z.string(), rows: z.int(), bytes: z.int() });
export type BackupSummary = z.infer<typeof BackupSummary>;

/** The most objects that R2 deletes in one call. */
const DELETED_AT_ONCE = 1000;

/** Every key with this prefix and its size in bytes. Throws R2's errors. */
export async function listKeys(bucket: R2Bucket, prefix: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    for (const { key, size } of page.objects) sizes.set(key, size);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return sizes;
}

/** The folders of backups, finished or not, oldest first. Throws R2's errors. */
async function listFolders(bucket: R2Bucket): Promise<string[]> {
  const { delimitedPrefixes } = await bucket.list({ delimiter: "/" });
  return delimitedPrefixes
    .map((prefix) => prefix.slice(0, -1))
    .filter((id) => BACKUP_ID.test(id))
    .sort();
}

/** The finished backups, newest first, and the folders of unfinished ones. Throws R2's errors. */
export async function listBackups(bucket: R2Bucket): Promise<{ backups: BackupSummary[]; unfinished: string[] }> {
  const folders = await listFolders(bucket);
  const summaries = await Promise.all(folders.map((id) => summaryOf(bucket, id)));
  const backups = summaries.filter((summary) => summary !== null).reverse();
  const finished = new Set(backups.map(({ id }) => id));
  return { backups, unfinished: folders.filter((id) => !finished.has(id)) };
}

async function summaryOf(bucket: R2Bucket, id: string): Promise<BackupSummary | null> {
  const head = await bucket.head(manifestKey(id));
  if (!head) return null;
  const kept = BackupSummary.safeParse(JSON.parse(head.customMetadata?.["summary"] ?? "null"));
  if (kept.success) return kept.data;
  // A tool that copied the bucket may have left the metadata out.
  const manifest = await readManifest(bucket, id);
  return manifest && summarize(manifest);
}

const summarize = (manifest: Manifest): BackupSummary => {
  const { id, as_of } = manifest;
  return { id, as_of, ...sizeOf(manifest) };
};

/** The manifest of a backup, or null if there is no such backup. Throws R2's errors. */
export async function readManifest(bucket: R2Bucket, id: string): Promise<Manifest | null> {
  const object = await bucket.get(manifestKey(id));
  return object && Manifest.parse(await object.json());
}

/** Stores the manifest, which finishes a backup. Throws R2's errors. */
export async function writeManifest(bucket: R2Bucket, manifest: Manifest): Promise<BackupSummary> {
  const summary = summarize(manifest);
  await bucket.put(manifestKey(summary.id), JSON.stringify(manifest, null, 1), {
    httpMetadata: { contentType: "application/json" },
    customMetadata: { summary: JSON.stringify(summary) },
  });
  return summary;
}

/** Deletes the folder of a backup; files that backups share stay. Throws R2's errors. */
export async function deleteBackup(bucket: R2Bucket, id: string): Promise<void> {
  // Without its manifest, a half-deleted folder is no backup.
  await bucket.delete(manifestKey(id));
  const keys = [...(await listKeys(bucket, `${id}/`)).keys()];
  for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) await bucket.delete(keys.slice(at, at + DELETED_AT_ONCE));
}
