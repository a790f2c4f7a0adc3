import { csvHeaders, csvOf, DAY_RANGE } from "../../../platform/http/csv.ts";
import { type AuditEntry, auditCsv, listAudit } from "../../../platform/identity/audit-store.ts";
import { ACTIONS } from "../../../platform/storage/actions.ts";
import {
  type Child,
  Facts,
  type FC,
  Field,
  FilterForm,
  FilterSelect,
  Pager,
  pathWithQuery,
  Time,
} from "../../page/kit.ts";
import { type ConsoleContext, consolePage, consoleView, may, z } from "../kit.ts";
import { licensePath } from "../license/words.tsx";
import { filterText, listQuery, pageOf } from "../list.tsx";
import { releasePath } from "../release/list.tsx";
import { actionWords } from "./action-words.ts";
import { type Names, readNames } from "./names.ts";
import { AUDIT_PATH, actorWords, auditPath, detailFacts } from "./words.tsx";

const ROWS = 50;

const Filter = z.object({
  subject: filterText("Only entries about this subject.", "lic_06b4m2v8w5r7q1t3x9z2k4n6p8"),
  actor: filterText("Only entries of this actor.", "token:adm_06b4m2v8w5r7q1t3x9z2k4n6p8"),
  action: filterText("Only this action.", "license.revoke"),
  ...DAY_RANGE,
});

/** The filter as it stands in the address. */
const asQuery = (c: ConsoleContext): Record<string, string | undefined> =>
  Object.fromEntries(Object.keys(Filter.shape).map((name) => [name, c.req.query(name) || undefined]));

export const auditList = consoleView(
  AUDIT_PATH,
  {
    scope: "audit:read",
    query: listQuery(Filter.shape),
    summary: "Read the audit trail, as a page",
    answers: { 200: "The audit trail, newest entry first." },
  },
  async (c, { cursor, to: until, ...filter }) => {
    const rows = await listAudit(c.env.DB, { ...filter, until, before: cursor }, ROWS + 1);
    const { items, next_cursor } = pageOf(rows, ROWS);
    const names = await readNames(
      c,
      items.flatMap(({ subject, actor, details }) => [subject, actor, JSON.stringify(details)]),
    );
    const given = asQuery(c);
    return consolePage(c, {
      title: "Audit trail",
      main: (
        <>
          <div class="row spread">
            <h1>Audit trail</h1>
            <a href={pathWithQuery(`${AUDIT_PATH}/csv`, given)}>Download as CSV</a>
          </div>
          <p>Each act with its time, actor, subject and reason. Entries can't be changed or removed.</p>
          <FilterForm action={AUDIT_PATH} isFiltered={Object.values(given).some(Boolean)}>
            <FilterSelect name="action" label="Act" value={filter.action} options={actOptions(filter.action)} />
            <Field name="subject" label="Subject" value={filter.subject} placeholder="lic_, rel_, adm_ ..." />
            <Field name="actor" label="Actor" value={filter.actor} placeholder="token:adm_, access:, system" />
            <Field name="from" type="date" label="From" value={given["from"]} />
            <Field name="to" type="date" label="To" value={given["to"]} />
          </FilterForm>
          {items.length === 0 ? (
            <p class="empty">No entry matches.</p>
          ) : (
            <ol class="entries" aria-label="Entries, newest first">
              {items.map((entry) => (
                <Entry entry={entry} names={names} subjectLink={subjectPath(c, entry.subject)} />
              ))}
            </ol>
          )}
          <Pager
            path={(next) => pathWithQuery(AUDIT_PATH, { ...given, cursor: next })}
            isLater={cursor !== undefined}
            next={next_cursor}
          />
        </>
      ),
    });
  },
);

/** Every act by its words. An act that the address names and the trail does not know stays as it is. */
const actOptions = (given: string | undefined) =>
  [...new Set<string>([...ACTIONS, ...(given === undefined ? [] : [given])])].map((action) => ({
    value: action,
    text: `${groupOf(action)}: ${actionWords(action)}`,
  }));

const groupOf = (action: string): string => {
  const group = action.replace(/\..*$/, "").replaceAll("-", " ");
  return group.slice(0, 1).toUpperCase() + group.slice(1);
};

/** The page of a subject if the admin may see it, else its audit entries. */
function subjectPath(c: ConsoleContext, subject: string): string {
  if (subject.startsWith("lic_") && may(c, "licenses:read")) return licensePath(subject);
  if (subject.startsWith("rel_") && may(c, "releases:read")) return releasePath(subject);
  return auditPath({ subject });
}

type EntryProps = { entry: AuditEntry; names: Names; subjectLink: string };

/** One entry: a line that unfolds to all of its facts. */
const Entry: FC<EntryProps> = ({ entry, names, subjectLink }) => {
  const { at, actor, action, subject, reason, details, sequence, id } = entry;
  const facts: [string, Child][] = [
    ["Subject", <a href={subjectLink}>{subject}</a>],
    ["Actor", <a href={auditPath({ actor })}>{actor}</a>],
    ["Act", <a href={auditPath({ action })}>{action}</a>],
    ["Reason", reason],
    ...detailFacts(details, names),
    ["Entry", `${id}, number ${sequence}`],
    ["Request", entry.request_id],
    ["Client's request", entry.client_request_id],
  ];
  return (
    <li>
      <details>
        <summary>
          <Time at={at} clock /> <strong>{actionWords(action)}</strong> <span>{names.get(subject) ?? subject}</span>{" "}
          <span class="quiet">by {actorWords(actor, names)}</span>
          {reason === null ? null : <q>{reason}</q>}
        </summary>
        <Facts class="facts" facts={facts} />
      </details>
    </li>
  );
};

export const auditFile = consoleView(
  `${AUDIT_PATH}/csv`,
  {
    scope: "audit:read",
    query: Filter,
    summary: "Download the audit trail as a file",
    files: {
      200: {
        description: "All entries that match.",
        content: csvOf("A line for each entry, newest first.", "sequence,at,actor\r\n"),
      },
    },
  },
  (c, { to: until, ...filter }) => c.body(auditCsv(c.env.DB, { ...filter, until }), 200, csvHeaders("audit")),
);
