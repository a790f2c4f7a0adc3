import { readdir, readFile } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import * as z from "zod";
import { BACKUP_ID, type Chunk, FORMAT, Manifest, manifestKey, sizeOf } from "../../domain/backup/format.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT, parseJson } from "../errors.ts";
import { isFileError, readTextIfThere } from "../files.ts";

const Backup = z.object({ id: z.string(), as_of: z.string(), rows: z.int(), bytes: z.int() });
/** A backup in a list. */
export type Backup = z.infer<typeof Backup>;

const Objects = z.object({
  checked: z.int(),
  faults: z.array(z.object({ key: z.string(), fault: z.enum(["missing", "size"]) })),
  next: z.int().nullable(),
});
export type ObjectFault = z.infer<typeof Objects>["faults"][number];

/** A place that backups are read from. */
export type BackupSource = {
  /** The finished backups, newest first. */
  list(): Promise<Backup[]>;
  /** The manifest of a backup. Throws `CliError` if there is none. */
  manifest(id: string): Promise<Manifest>;
  /** The bytes of a file; null if it is missing. */
  read(id: string, chunk: Chunk): Promise<Uint8Array | null>;
  /** The objects of the releases that R2 lacks; null if this place cannot tell. */
  objectFaults(id: string): Promise<ObjectFault[] | null>;
};

/** In milliseconds: a file has some megabytes at most. */
const FILE_TIMEOUT = 10 * 60_000;

/** The backups of a running catalog. The client needs an owner's token. */
export const catalogSource = (client: CatalogClient): BackupSource => ({
  async list() {
    return (await client.json(z.object({ backups: z.array(Backup) }), { path: "/v1/admin/backups" })).backups;
  },
  manifest: (id) => client.json(Manifest, { path: path`/v1/admin/backups/${id}` }),
  async read(id, { key }) {
    const request = { path: path`/v1/admin/backups/${id}/file`, query: { key }, timeoutMs: FILE_TIMEOUT };
    const response = await client.send(request).catch((error: unknown) => {
      if (error instanceof CliError && error.exitCode === EXIT.notFound) return null;
      throw error;
    });
    return response && new Uint8Array(await response.arrayBuffer());
  },
  async objectFaults(id) {
    const faults: ObjectFault[] = [];
    for (let from: number | null = 0; from !== null; ) {
      const answer: z.infer<typeof Objects> = await client.json(Objects, {
        path: path`/v1/admin/backups/${id}/objects`,
        query: { from },
      });
      faults.push(...answer.faults);
      from = answer.next;
    }
    return faults;
  },
});

/** The backups in a folder: a copy of the bucket, as rclone makes it. */
export const folderSource = (folder: string): BackupSource => {
  const readManifest = async (id: string): Promise<Manifest | null> => {
    const text = await readTextIfThere(join(folder, manifestKey(id)));
    if (text === null) return null;
    const manifest = parseJson(Manifest, text);
    if (manifest?.id === id) return manifest;
    const advice = "Name another backup by its id.";
    throw new CliError(
      EXIT.integrity,
      `${join(folder, manifestKey(id))} is damaged, or no manifest of ${FORMAT}. ${advice}`,
    );
  };
  return {
    async list() {
      const names = await readdir(folder).catch(() => {
        throw new CliError(EXIT.usage, `${folder} cannot be read.`);
      });
      const ids = names.filter((name) => BACKUP_ID.test(name)).sort();
      const manifests = await Promise.all(ids.map(readManifest));
      return manifests
        .flatMap((manifest) => (manifest ? [{ id: manifest.id, as_of: manifest.as_of, ...sizeOf(manifest) }] : []))
        .reverse();
    },
    async manifest(id) {
      const manifest = await readManifest(id);
      if (manifest) return manifest;
      throw new CliError(EXIT.notFound, `${folder} has no finished backup ${id}.`);
    },
    async read(_id, { key }) {
      const file = resolve(folder, key);
      // A person who can write to the bucket chooses the keys: none may lead out of the folder.
      if (!file.startsWith(resolve(folder) + sep)) return null;
      return readFile(file).catch((error: unknown) => {
        if (isFileError(error, "ENOENT") || isFileError(error, "EISDIR")) return null;
        throw error;
      });
    },
    objectFaults: async () => null,
  };
};

/**
 * The id of the wanted backup: `latest`, an id, or a day (`2026-11-28`), of which it is the newest. Throws `CliError`
 * if there is none, but `source.manifest` tells whether the backup of a given id is there.
 */
export async function findBackup(source: BackupSource, wanted: string): Promise<string> {
  // An id needs no list, which fails if the manifest of any backup is damaged.
  if (BACKUP_ID.test(wanted)) return wanted;
  const backups = await source.list();
  const found = wanted === "latest" ? backups[0] : backups.find(({ id }) => id.startsWith(`${wanted}T`));
  if (found) return found.id;
  const oldest = backups.at(-1);
  const there = oldest
    ? `There are ${backups.length}, from ${oldest.id} to ${backups[0]?.id}.`
    : "There is none at all.";
  throw new CliError(EXIT.notFound, `There is no backup ${wanted}. ${there}`);
}
