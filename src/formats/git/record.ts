import * as z from "zod";

/** A repository in the edge copy. Its pack is in R2. KV key `repository:<name>`. */
export const RepositoryRecord = z.object({
  /** The sequence number of the last revision. */
  seq: z.number(),
  /** The last commit's id. */
  head: z.string(),
  /** The name of the pack that holds every object. */
  pack: z.string(),
  /** The times of the first and the last revision. */
  first_at: z.number(),
  last_at: z.number(),
  /** The text of each file of the last revision, by its path. */
  files: z.record(z.string(), z.string()),
});

export type RepositoryRecord = z.infer<typeof RepositoryRecord>;

/** The key of a repository's record in the edge copy. */
export const repositoryKey = (name: string): `repository:${string}` => `repository:${name}`;

/** The key of a repository's pack or index in R2. `file` is its name in `objects/pack`. */
export const packKey = (repository: string, file: string): string => `git/${repository}/${file}`;
