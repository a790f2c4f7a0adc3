import * as z from "zod";

/** What the edge knows of a repository; its pack is in R2. KV key `repository:<name>`. */
export const RepositoryRecord = z.object({
  /** The place of the last revision in the history. */
  seq: z.number(),
  /** The last commit's id. */
  head: z.string(),
  /** The name of the pack that holds every object. */
  pack: z.string(),
  /** When the first and the last revision were made. */
  first_at: z.number(),
  last_at: z.number(),
  /** The text of each file of the last revision, by its path. */
  files: z.record(z.string(), z.string()),
});

export type RepositoryRecord = z.infer<typeof RepositoryRecord>;

/** The key of a repository's record in the edge copy. */
export const repositoryKey = (name: string): `repository:${string}` => `repository:${name}`;

/** Where a repository's pack or index lies in R2; `file` is its name in `objects/pack`. */
export const packKey = (repository: string, file: string): string => `git/${repository}/${file}`;
