import * as z from "zod";
import type { Revision } from "./object.ts";

const HistoryRow = z.object({
  repository: z.string(),
  seq: z.number(),
  at: z.number(),
  message: z.string(),
  files: z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text))),
});

/** A revision and its place in its repository's history, from 1. */
export type NumberedRevision = Revision & { seq: number };

/** The newest revision of each of these repositories that has one, by the repository's name. Throws what D1 throws. */
export async function latestRevisions(
  db: D1Database,
  repositories: readonly string[],
): Promise<Map<string, NumberedRevision>> {
  // One look-up for each reads one row of each, however long the histories are.
  const newest = db.prepare("SELECT * FROM recipe_history WHERE repository = ? ORDER BY seq DESC LIMIT 1");
  const answers = await db.batch(repositories.map((name) => newest.bind(name)));
  return new Map(
    answers
      .flatMap(({ results }) => results.map((row) => HistoryRow.parse(row)))
      .map(({ repository, ...revision }) => [repository, revision]),
  );
}

/** A repository's whole history, oldest first; empty for one that is unknown. Throws what D1 throws. */
export async function readHistory(db: D1Database, repository: string): Promise<NumberedRevision[]> {
  const { results } = await db
    .prepare("SELECT * FROM recipe_history WHERE repository = ? ORDER BY seq")
    .bind(repository)
    .all();
  return results.map((row) => HistoryRow.parse(row)).map(({ repository: _, ...revision }) => revision);
}

/** Adds a revision at its place. False, and nothing added, when that place is taken. Throws what D1 throws. */
export async function appendRevision(
  db: D1Database,
  repository: string,
  { seq, at, message, files }: NumberedRevision,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `INSERT INTO recipe_history (repository, seq, at, message, files) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    .bind(repository, seq, at, message, JSON.stringify(files))
    .run();
  return meta.changes === 1;
}
