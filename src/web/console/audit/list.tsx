import { createRoute, PageQuery, page as pageOf, z } from "../../../platform/http/route.ts";
import { type AuditEntry, type AuditFilter, listAudit } from "../../../platform/identity/audit-store.ts";
import { DataTable, type FC, Field, FilterForm, Pager, Time } from "../../page/kit.ts";
import { type ConsoleContext, consolePage, consoleRouter, consoleView, may } from "../frame.tsx";
import { licensePath } from "../license/words.tsx";
import { releasePath } from "../release/acts.ts";
import { ActorName, actionWords, auditPath, EntryDetails } from "./words.tsx";

const ROWS = 100;

const filter = (description: string, example: string) =>
  z.string().max(300).optional().openapi({ description, example });

const route = createRoute({
  method: "get",
  path: "/admin/audit",
  request: {
    query: PageQuery.pick({ cursor: true }).extend({
      subject: filter("Only entries about this subject.", "lic_06b4m2v8w5r7q1t3x9z2k4n6p8"),
      actor: filter("Only entries of this actor.", "token:adm_06b4m2v8w5r7q1t3x9z2k4n6p8"),
      action: filter("Only this action.", "license.revoke"),
    }),
  },
  ...consoleView("audit:read", {
    summary: "Read the audit trail, as a page",
    answers: { 200: "The audit trail, newest entry first." },
    refusals: ["VALIDATION_FAILED"],
  }),
});

export const auditList = consoleRouter();

auditList.openapi(route, async (c) => {
  const { cursor, ...query } = c.req.valid("query");
  const given: AuditFilter = {};
  for (const name of ["subject", "actor", "action"] as const) given[name] = query[name]?.trim() || undefined;
  const rows = await listAudit(c.env.DB, { ...given, before: cursor }, ROWS + 1);
  const { items, next_cursor } = pageOf(rows, ROWS, ({ id }) => id);
  return consolePage(c, {
    title: "Audit trail",
    main: (
      <>
        <h1>Audit trail</h1>
        <p>Each act with its time, actor, subject and reason. Nobody can change or remove an entry.</p>
        <FilterForm action="/admin/audit" isFiltered={Object.values(given).some(Boolean)}>
          <Field name="subject" label="Subject" value={given.subject} placeholder="lic_, rel_, adm_ ..." />
          <Field name="actor" label="Actor" value={given.actor} placeholder="token:adm_, access:, system" />
          <Field name="action" label="Action" value={given.action} placeholder="license.revoke" />
        </FilterForm>
        <AuditTable c={c} entries={items} />
        <Pager path={(cursor) => auditPath(given, cursor)} isLater={cursor !== undefined} next={next_cursor} />
      </>
    ),
  });
});

/** Entries of the audit trail as a table. */
export const AuditTable: FC<{ c: ConsoleContext; entries: AuditEntry[] }> = ({ c, entries }) => (
  <div class="audit">
    <DataTable
      caption="Newest first"
      columns={[
        { header: "When", cell: ({ at }) => <Time at={at} clock /> },
        { header: "Actor", cell: ({ actor }) => <ActorName actor={actor} /> },
        {
          header: "Action",
          cell: ({ action }) => (
            <a href={auditPath({ action })} title={action}>
              {actionWords(action)}
            </a>
          ),
        },
        { header: "Subject", cell: ({ subject }) => <Subject c={c} subject={subject} /> },
        {
          header: "Reason and details",
          cell: ({ reason, details }) => (
            <>
              {reason === null ? null : <blockquote>{reason}</blockquote>}
              <EntryDetails details={details} />
            </>
          ),
        },
      ]}
      rows={entries}
      empty="No entry matches."
    />
  </div>
);

/** The subject of an entry. It links to its page if the admin may see that page, else to its audit entries. */
const Subject: FC<{ c: ConsoleContext; subject: string }> = ({ c, subject }) => {
  if (subject.startsWith("lic_") && may(c, "licenses:read")) return <a href={licensePath(subject)}>{subject}</a>;
  if (subject.startsWith("rel_") && may(c, "releases:read")) return <a href={releasePath(subject)}>{subject}</a>;
  return <a href={auditPath({ subject })}>{subject}</a>;
};
