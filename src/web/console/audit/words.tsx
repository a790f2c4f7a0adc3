import type { AuditEntry, AuditFilter } from "../../../platform/identity/audit-store.ts";
import { parseActor } from "../../../platform/storage/ledger.ts";
import { WorkflowRun } from "../../../platform/storage/workflow-run.ts";
import { type Child, type FC, formatDateTime, pathWithQuery } from "../../page/kit.ts";
import { z } from "../kit.ts";
import type { Names } from "./names.ts";

/** The address of the audit trail. */
export const AUDIT_PATH = "/admin/audit";

/** The address of the audit trail with only these entries. */
export const auditPath = (filter: Pick<AuditFilter, "subject" | "actor" | "action">): string =>
  pathWithQuery(AUDIT_PATH, filter);

/** The actors that are named by their kind alone. */
const ACTOR_WORDS = {
  license: "its holder",
  account: "its owner, in the account",
  customer: "its owner, in the account",
  checkout: "its checkout",
  recovery: "an emailed link",
  reconciliation: "the comparison with Stripe",
  stripe: "Stripe",
  system: "the system",
} as const;

const NO_NAMES: Names = new Map();

/** An actor in words: tokens and publishers by their names, if those are known. */
export function actorWords(name: string, names: Names = NO_NAMES): string {
  const actor = parseActor(name);
  if (actor === null) return name;
  switch (actor.kind) {
    case "token":
      return `token ${names.get(actor.id) ?? actor.id}`;
    case "publisher":
      return `publisher ${names.get(actor.id) ?? actor.id}`;
    case "access":
      return actor.id;
    default:
      return ACTOR_WORDS[actor.kind];
  }
}

/** An actor as a link to all of its entries. */
export const ActorName: FC<{ actor: string; names?: Names }> = ({ actor, names }) => (
  <a href={auditPath({ actor })}>{actorWords(actor, names)}</a>
);

/** The details of an entry as facts: times as dates, and known ids by name. */
export const detailFacts = (details: AuditEntry["details"], names: Names): [name: string, fact: string][] =>
  Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [fieldWords(name), detailText(name, value, names)]);

/** The name of a detail for people: `machine_limit` is `Machine limit`. */
const fieldWords = (name: string): string => {
  const words = name.replace(/_id$/, "").replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};

type Details = Pick<AuditEntry, "reason" | "details"> & { names: Names };

/** The reason of an entry, and its details in a line. */
export const EntryDetails: FC<Details> = ({ reason, details, names }) => {
  const parts: Child[] = detailFacts(details, names).map(([name, fact]) => `${name.toLowerCase()}: ${fact}`);
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

function detailText(name: string, value: unknown, names: Names): string {
  const run = name === "run" ? WorkflowRun.safeParse(value).data : undefined;
  if (run !== undefined) return runWords(run);
  if (typeof value === "number" && /_(at|until)$/.test(name)) return formatDateTime(value);
  if (typeof value === "string") return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((one) => detailText(name, one, names)).join(", ");
  const amended = Amended.safeParse(value).data;
  if (amended !== undefined) return `${detailText(name, amended.from, names)} → ${detailText(name, amended.to, names)}`;
  if (value === null) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
