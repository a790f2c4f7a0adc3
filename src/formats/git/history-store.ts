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

/** The newest revision of each repository that has one, by name. Throws D1's errors. */
export async function latestRevisions(
  db: D1Database,
  repositories: readonly string[],
): Promise<Map<string, NumberedRevision>> {
  // One query for each repository reads one row, regardless of the length of its history.
  const newest = db.prepare("SELECT * FROM recipe_history WHERE repository = ? ORDER BY seq DESC LIMIT 1");
  const answers = await db.batch(repositories.map((name) => newest.bind(name)));
  return new Map(
    answers
      .flatMap(({ results }) => results.map((row) => HistoryRow.parse(row)))
      .map(({ repository, ...revision }) => [repository, revision]),
  );
}

/** A repository's whole history, oldest first; empty for an unknown repository. Throws D1's errors. */
export async function readHistory(db: D1Database, repository: string): Promise<NumberedRevision[]> {
  const { results } = await db
    .prepare("SELECT * FROM recipe_history WHERE repository = ? ORDER BY seq")
    .bind(repository)
    .all();
  return results.map((row) => HistoryRow.parse(row)).map(({ repository: _, ...revision }) => revision);
}

/** Adds a revision at its place. Returns false, with nothing added, if that place is taken. Throws D1's errors. */
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
  return meta.changes > 0;
}
