import { type AuditEntry, type AuditFilter, listAudit } from "../../platform/identity/audit-store.ts";
import { type Action, isAction } from "../../platform/storage/actions.ts";
import { parseActor } from "../../platform/storage/ledger.ts";
import { WorkflowRun } from "../../platform/storage/workflow-run.ts";
import { type Column, type FC, Field, FilterForm, formatDateTime, pathWithQuery, Time } from "../page/kit.ts";
import { type ConsoleContext, consolePage, consoleView, may, z } from "./kit.ts";
import { licensePath } from "./license/words.tsx";
import { filterText, List, listQuery } from "./list.tsx";
import { releasePath } from "./release/list.tsx";

const PATH = "/admin/audit";

/** The address of the filtered audit trail. */
export const auditPath = (filter: AuditFilter): string => pathWithQuery(PATH, filter);

const columnsFor = (c: ConsoleContext): Column<AuditEntry>[] => [
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
  { header: "Subject", cell: ({ subject }) => <a href={subjectPath(c, subject)}>{subject}</a> },
  { header: "Reason and details", cell: (entry) => <EntryDetails {...entry} /> },
];

/** The page of a subject if the admin may see it, else its audit entries. */
function subjectPath(c: ConsoleContext, subject: string): string {
  if (subject.startsWith("lic_") && may(c, "licenses:read")) return licensePath(subject);
  if (subject.startsWith("rel_") && may(c, "releases:read")) return releasePath(subject);
  return auditPath({ subject });
}

const ROWS = 100;

export const auditList = consoleView(
  PATH,
  {
    scope: "audit:read",
    query: listQuery({
      subject: filterText("Only entries about this subject.", "lic_06b4m2v8w5r7q1t3x9z2k4n6p8"),
      actor: filterText("Only entries of this actor.", "token:adm_06b4m2v8w5r7q1t3x9z2k4n6p8"),
      action: filterText("Only this action.", "license.revoke"),
    }),
    summary: "Read the audit trail, as a page",
    answers: { 200: "The audit trail, newest entry first." },
  },
  async (c, { cursor, ...filter }) => {
    const rows = await listAudit(c.env.DB, { ...filter, before: cursor }, ROWS + 1);
    return consolePage(c, {
      title: "Audit trail",
      main: (
        <>
          <h1>Audit trail</h1>
          <p>Each act with its time, actor, subject and reason. Nobody can change or remove an entry.</p>
          <FilterForm action={PATH} isFiltered={Object.values(filter).some(Boolean)}>
            <Field name="subject" label="Subject" value={filter.subject} placeholder="lic_, rel_, adm_ ..." />
            <Field name="actor" label="Actor" value={filter.actor} placeholder="token:adm_, access:, system" />
            <Field name="action" label="Action" value={filter.action} placeholder="license.revoke" />
          </FilterForm>
          <div class="audit">
            <List
              path={PATH}
              filter={filter}
              cursor={cursor}
              limit={ROWS}
              rows={rows}
              caption="Newest first"
              columns={columnsFor(c)}
              empty="No entry matches."
            />
          </div>
        </>
      ),
    });
  },
);

/** The audit trail's actions in words. */
const ACTION_WORDS: Readonly<Record<Action, string>> = {
  "license.buy": "Bought",
  "license.issue": "Issued by an admin",
  "license.revoke": "Revoked",
  "license.suspend": "Suspended",
  "license.reinstate": "Reinstated",
  "license.extend": "Extended",
  "license.amend": "Amended",
  "license.rotate-key": "Key rotated",
  "license.refund": "Refund requested, and revoked",
  "license.refunded": "Refunded",
  "license.cancel-subscription": "Subscription canceled at Stripe",
  "license.keep-subscription": "Cancellation of the subscription dropped",
  "license.follow-payment": "Changed by its payment",
  "license.lapse": "Changed by the clock",
  "license.remind": "Owner reminded",
  "license.erase": "Owner's data erased, and revoked",
  "license.upgrade": "Upgraded by a purchase",
  "order.hold": "Paid order held",
  "order.resolve": "Held order solved",
  "machine.activate": "Machine activated",
  "machine.deactivate": "Machine deactivated",
  "machine.bar": "Machine barred",
  "machine.unbar": "Bar lifted",
  "machine.lease": "Offline lease issued",
  "account.sign-in": "Signed in to the account",
  "console.sign-in": "Signed in to the console",
  "release.create": "Release drafted",
  "release.delete": "Draft deleted",
  "release.publish": "Release published",
  "release.yank": "Release yanked",
  "release.unyank": "Unyanked",
  "release.block": "Release blocked",
  "release.unblock": "Block lifted",
  "release.provenance": "Provenance attached",
  "release.sign": "Files of a draft signed",
  "release.source": "Source archive attached",
  "artifact.create": "File declared",
  "artifact.restart": "File upload restarted",
  "artifact.complete": "File checked",
  "artifact.delete": "File removed",
  "token.create": "Admin token created",
  "token.renew": "Admin token renewed",
  "token.keep": "Admin token kept",
  "token.revoke": "Admin token revoked",
  "publisher.add": "Trusted publisher added",
  "publisher.remove": "Trusted publisher removed",
  "publisher.exchange": "Token given to a workflow run",
  "backup.read": "Backup read",
  "webhook.add": "Webhook endpoint added",
  "webhook.change": "Webhook endpoint changed",
  "webhook.rotate-secret": "Webhook secret replaced",
  "webhook.disable": "Webhook endpoint disabled",
  "webhook.enable": "Webhook endpoint enabled",
  "webhook.remove": "Webhook endpoint removed",
  "webhook.test": "Webhook endpoint tested",
  "webhook.replay": "Webhook deliveries sent again",
  "event.dismiss": "Payment event dismissed",
  "event.retry": "Payment event retried",
  "mail.retry": "Mail retried",
  "outbox.publish": "Pending changes published",
  "edge.republish": "Everything published again",
  "dead-letter.retry": "Dead letter sent again",
  "dead-letter.dismiss": "Dead letter dismissed",
};

/** An action in words; an unknown one unchanged. */
export const actionWords = (action: string): string => (isAction(action) ? ACTION_WORDS[action] : action);

/** The actors that are named by their kind alone. */
const ACTOR_WORDS = {
  license: "its holder",
  account: "its owner, in the account",
  customer: "its owner, in the account",
  checkout: "its checkout",
  recovery: "a mailed link",
  reconciliation: "the comparison with Stripe",
  system: "the system",
} as const;

/** An actor in words. */
export function actorWords(name: string): string {
  const actor = parseActor(name);
  if (actor === null) return name;
  switch (actor.kind) {
    case "token":
      return `token ${actor.id}`;
    case "publisher":
      return `publisher ${actor.id}`;
    case "access":
      return actor.id;
    case "stripe":
      return `Stripe (${actor.id})`;
    default:
      return ACTOR_WORDS[actor.kind];
  }
}

/** An actor as a link to all of its entries. */
export const ActorName: FC<{ actor: string }> = ({ actor }) => <a href={auditPath({ actor })}>{actorWords(actor)}</a>;

type Details = Pick<AuditEntry, "reason" | "details"> & {
  /** The name of an id, if one is known. */
  nameOf?: (id: string) => string | undefined;
};

/** The reason of an entry, and its details in a line: times as dates, and known ids by name. */
export const EntryDetails: FC<Details> = ({ reason, details, nameOf = () => undefined }) => {
  const given = Object.entries(details).filter(([, value]) => value !== null);
  const parts = given.map(
    ([name, value]) => `${name.replace(/_id$/, "").replaceAll("_", " ")}: ${detailText(name, value, nameOf)}`,
  );
  return (
    <>
      {reason === null ? null : <blockquote>{reason}</blockquote>}
      {parts.length === 0 ? null : <p class="quiet">{parts.join(" · ")}</p>}
    </>
  );
};

/** A workflow run in a line. */
export const runWords = ({ repository, run_id, ref, sha }: WorkflowRun): string =>
  `run ${run_id} of ${repository} at ${ref} (${sha.slice(0, 12)})`;

/** The old and the new value of an amended field. */
const Amended = z.strictObject({ from: z.unknown(), to: z.unknown() });

function detailText(name: string, value: unknown, nameOf: (id: string) => string | undefined): string {
  const run = name === "run" ? WorkflowRun.safeParse(value).data : undefined;
  if (run !== undefined) return runWords(run);
  if (typeof value === "number" && /_(at|until)$/.test(name)) return formatDateTime(value);
  if (typeof value === "string") return nameOf(value) ?? value;
  if (Array.isArray(value)) return value.map((one) => detailText(name, one, nameOf)).join(", ");
  const amended = Amended.safeParse(value).data;
  if (amended !== undefined)
    return `${detailText(name, amended.from, nameOf)} → ${detailText(name, amended.to, nameOf)}`;
  if (value === null) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
