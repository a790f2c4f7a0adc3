import { type FC, formatDateTime } from "../page/kit.ts";

type Props = {
  details: Record<string, unknown>;
  /** What a name or an id is called here; undefined: nothing better than itself. */
  nameOf?: (id: string) => string | undefined;
};

/** What is recorded beside an entry of the audit trail, in a line: times as dates, ids by name where one is known. */
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
