import * as z from "zod";

/** A row of the audit trail; `details` is its JSON parsed. */
export const AuditRow = z.object({
  id: z.string(),
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  reason: z.string().nullable(),
  details: z.string().transform((text) => z.record(z.string(), z.unknown()).parse(JSON.parse(text))),
  request_id: z.string().nullable(),
});

/** One entry of the audit trail, as `commitChange` wrote it. `at` is in seconds. */
export type AuditEntry = z.output<typeof AuditRow>;

/** A filter of entries. Each given member must match exactly; `before` is the id of a newer entry. */
export type AuditFilter = Partial<Record<"subject" | "actor" | "action" | "before", string | undefined>>;

const CONDITIONS = { subject: "subject = ?", actor: "actor = ?", action: "action = ?", before: "id < ?" } as const;

/** Up to `limit` matching entries, newest first. */
export async function listAudit(db: D1Database, filter: AuditFilter, limit: number): Promise<AuditEntry[]> {
  const given = Object.entries(CONDITIONS).flatMap(([name, condition]) => {
    const value = filter[name as keyof AuditFilter];
    return value === undefined ? [] : [{ condition, value }];
  });
  const where = given.length > 0 ? `WHERE ${given.map(({ condition }) => condition).join(" AND ")}` : "";
  const { results } = await db
    .prepare(
      `SELECT id, at, actor, action, subject, reason, details, request_id FROM audit ${where} ORDER BY id DESC LIMIT ?`,
    )
    .bind(...given.map(({ value }) => value), limit)
    .all();
  return results.map((row) => AuditRow.parse(row));
}
