import { toRfc3339 } from "../../lib/time.ts";
import { CsvFormat, csvHeaders, csvOf, DAY_RANGE, wantsCsv } from "../http/csv.ts";
import { combine, NextCursor, operation, PageQuery, page, Timestamp, unlessEmpty, z } from "../http/route.ts";
import { auditCsv, listAudit } from "./audit-store.ts";
import { admin, createAdminRouter } from "./authentication.ts";
import { tokenRoutes } from "./token-routes.ts";

const auditRoutes = createAdminRouter();

const filter = (description: string, example: string) =>
  unlessEmpty(z.string().max(300).optional()).openapi({ param: { description }, type: "string", example });

const AuditQuery = PageQuery.extend({
  subject: filter("Only entries about the thing with this id.", "lic_06b4m2v8w5r7q1t3x9z2k4n6p8"),
  actor: filter("Only entries of this actor.", "token:adm_06b4m2v8w5r7q1t3x9z2k4n6p8"),
  action: filter(
    "Only entries of this action. `license.revoke` also finds those of a refund, of a lost dispute and of an erasure.",
    "license.revoke",
  ),
  ...DAY_RANGE,
  format: CsvFormat,
});

const AuditEntrySchema = z
  .object({
    id: z.string().openapi({ example: "chg_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    sequence: z.int().openapi({
      description: "The act's place in the order of all commits, without a gap. `GET /v1/admin/events` reads by it.",
      example: 4711,
    }),
    at: Timestamp,
    actor: z.string().openapi({
      description: "`token:adm_...`, `publisher:pub_...`, `access:mail`, `license:lic_...` or `system`.",
      example: "token:adm_06b4m2v8w5r7q1t3x9z2k4n6p8",
    }),
    action: z.string().openapi({ description: "`noun.verb`", example: "license.revoke" }),
    subject: z.string().openapi({ example: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    reason: z.string().nullable().openapi({ example: "key found in a public repository" }),
    details: z.record(z.string(), z.unknown()).openapi({ example: {} }),
    request_id: z.string().nullable().openapi({
      description: "The service's own id of the request, also its `X-Request-Id`. Null outside of a request.",
      example: "5f0c8e0e-6d0b-4f52-9f0b-3b8f6f1f3a55",
    }),
    client_request_id: z.string().nullable().openapi({
      description: "The `X-Request-Id` that the client sent, if it had one of 8 to 64 letters, digits, `_` and `-`.",
      example: "build-4711",
    }),
  })
  .openapi("AuditEntry");

const AuditList = z.object({ entries: z.array(AuditEntrySchema), next_cursor: NextCursor }).openapi("AuditList");

auditRoutes.openapi(
  operation("get", "/v1/admin/audit", {
    tag: "Admin: access",
    summary: "Read the audit trail",
    description:
      "Every act with its actor, subject, time and reason, newest first. Entries are never changed; old routine is " +
      "removed. As CSV, all that match in one file, without `limit` and `cursor`; `details` is JSON there.",
    access: admin("audit:read"),
    query: AuditQuery,
    answers: {
      200: {
        description: "One page, or a file.",
        content: {
          "application/json": { schema: AuditList },
          ...csvOf("A line for each entry, after a line with the names of the columns.", "sequence,at,actor\r\n"),
        },
      },
    },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { limit, cursor, format, to: until, ...given } = c.req.valid("query");
    c.header("Vary", "Accept");
    if (wantsCsv(c, format)) return c.body(auditCsv(c.env.DB, { ...given, until }), 200, csvHeaders("audit"));
    const { items, next_cursor } = page(
      await listAudit(c.env.DB, { ...given, until, before: cursor }, limit + 1),
      limit,
      ({ id }) => id,
    );
    return c.json({ entries: items.map((entry) => ({ ...entry, at: toRfc3339(entry.at) })), next_cursor }, 200);
  },
);

/** The admin routes of this room: admin tokens and the audit trail. */
export const identityRoutes = combine(tokenRoutes, auditRoutes);
