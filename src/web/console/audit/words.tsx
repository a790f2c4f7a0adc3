import type { AuditFilter } from "../../../platform/identity/audit-store.ts";
import { parseActor } from "../../../platform/storage/ledger.ts";
import { type FC, formatDateTime, pathWithQuery } from "../../page/kit.ts";

/** The address of the filtered audit trail from `cursor` on. */
export const auditPath = (filter: AuditFilter, cursor?: string): string =>
  pathWithQuery("/admin/audit", { ...filter, cursor });

/** The audit trail's actions in words. */
const ACTION_WORDS: ReadonlyMap<string, string> = new Map([
  ["license.buy", "Bought"],
  ["license.issue", "Issued by an admin"],
  ["license.revoke", "Revoked"],
  ["license.suspend", "Suspended"],
  ["license.reinstate", "Reinstated"],
  ["license.extend", "Extended"],
  ["license.rotate-key", "Key rotated"],
  ["license.refund", "Refund requested, and revoked"],
  ["license.refunded", "Refunded"],
  ["license.follow-payment", "Changed by its payment"],
  ["license.erase", "Owner's data erased, and revoked"],
  ["machine.activate", "Machine activated"],
  ["machine.deactivate", "Machine deactivated"],
  ["machine.lease", "Offline lease issued"],
  ["account.sign-in", "Signed in to the account"],
  ["console.sign-in", "Signed in to the console"],
  ["release.create", "Release drafted"],
  ["release.delete", "Draft deleted"],
  ["release.publish", "Release published"],
  ["release.yank", "Release yanked"],
  ["release.unyank", "Unyanked"],
  ["release.block", "Release blocked"],
  ["release.provenance", "Provenance attached"],
  ["artifact.create", "File declared"],
  ["artifact.restart", "File upload restarted"],
  ["artifact.complete", "File checked"],
  ["artifact.delete", "File removed"],
  ["token.create", "Admin token created"],
  ["token.revoke", "Admin token revoked"],
  ["event.retry", "Payment event retried"],
  ["mail.retry", "Mail retried"],
  ["outbox.publish", "Pending changes published"],
  ["edge.republish", "Everything published again"],
]);

/** An action in words. An unknown action is returned unchanged. */
export const actionWords = (action: string): string => ACTION_WORDS.get(action) ?? action;

/** An actor of the audit trail in words. */
function actorWords(name: string): string {
  const actor = parseActor(name);
  if (actor === null) return name;
  switch (actor.kind) {
    case "license":
      return "its holder";
    case "account":
    case "customer":
      return "its owner, in the account";
    case "checkout":
      return "its checkout";
    case "recovery":
      return "a mailed link";
    case "token":
      return `token ${actor.id}`;
    case "access":
      return actor.id;
    case "stripe":
      return `Stripe (${actor.id})`;
    case "reconciliation":
      return "the comparison with Stripe";
    case "system":
      return "the system";
  }
}

/** An actor as a link to all of its entries. */
export const ActorName: FC<{ actor: string }> = ({ actor }) => <a href={auditPath({ actor })}>{actorWords(actor)}</a>;

type Props = {
  details: Record<string, unknown>;
  /** The name of an id, if one is known. */
  nameOf?: (id: string) => string | undefined;
};

/** The details of an audit entry in a line: times as dates, and known ids by name. */
export const EntryDetails: FC<Props> = ({ details, nameOf = () => undefined }) => {
  const given = Object.entries(details).filter(([, value]) => value !== null);
  if (given.length === 0) return null;
  const parts = given.map(([name, value]) => `${labelOf(name)}: ${detailText(name, value, nameOf)}`);
  return <p class="quiet">{parts.join(" · ")}</p>;
};

const labelOf = (name: string): string => name.replace(/_id$/, "").replaceAll("_", " ");

function detailText(name: string, value: unknown, nameOf: (id: string) => string | undefined): string {
  if (typeof value === "number" && /_(at|until)$/.test(name)) return formatDateTime(value);
  if (typeof value === "string") return nameOf(value) ?? value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
