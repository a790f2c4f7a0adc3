import type { AuditEntry } from "../../platform/identity/audit-store.ts";
import { DataTable, type FC, Time } from "../page/kit.ts";
import { actionWords } from "./action-words.ts";
import { ActorName } from "./actor-name.tsx";
import { type ConsoleContext, may } from "./console-page.tsx";
import { EntryDetails } from "./entry-details.tsx";
import { licensePath } from "./license-path.ts";
import { releasePath } from "./release-path.ts";

/** Entries of the audit trail. */
export const AuditTable: FC<{ c: ConsoleContext; entries: AuditEntry[] }> = ({ c, entries }) => (
  <div class="audit">
    <DataTable
      caption="Newest first"
      columns={["When", "Who", "What", "To what", "Why and how"]}
      rows={entries.map(({ at, actor, action, subject, reason, details }) => [
        <Time at={at} clock />,
        <ActorName actor={actor} />,
        <a href={`/admin/audit?${new URLSearchParams({ action })}`} title={action}>
          {actionWords(action)}
        </a>,
        <Subject c={c} subject={subject} />,
        <>
          {reason === null ? null : <blockquote>{reason}</blockquote>}
          <EntryDetails details={details} />
        </>,
      ])}
      empty="No entry fits."
    />
  </div>
);

/** What an entry is about, leading to its page for who may see that. */
const Subject: FC<{ c: ConsoleContext; subject: string }> = ({ c, subject }) => {
  if (subject.startsWith("lic_") && may(c, "licenses:read")) return <a href={licensePath(subject)}>{subject}</a>;
  if (subject.startsWith("rel_") && may(c, "releases:read")) return <a href={releasePath(subject)}>{subject}</a>;
  return <a href={`/admin/audit?${new URLSearchParams({ subject })}`}>{subject}</a>;
};
