import type { AdminAct } from "../../../../domain/licensing/admin/decision.ts";
import type { License } from "../../../../domain/licensing/license/record.ts";
import type { Result } from "../../../../lib/result.ts";
import type { UnixSeconds } from "../../../../lib/time.ts";
import type { Scope } from "../../../../platform/config/scopes.ts";
import type { Refusal } from "../../../../platform/http/problem.ts";
import { type SentForm, z } from "../../kit.ts";
import type { LicenseAct } from "../acts.tsx";
import { pinnedFields } from "../acts.tsx";
import { NOTHING, previewLicenseAct } from "../preview.ts";

/** The acts that the console offers for many licenses at once. */
export const BULK_ACTS = ["suspend", "reinstate", "extend", "revoke"] as const;

/** The most licenses of one act: as many as a page of the list shows. */
export const MOST_AT_ONCE = 50;

/** The fields of the form that stand for licenses: their ids. */
const LICENSE_ID = /^lic_[0-9a-z]{26}$/;

/** A license that is chosen. The preview turns the value into the end that an extension gives it. */
const CHOSEN = "yes";
/** A license that the preview has left out, because the act is refused or changes nothing. */
const LEFT_OUT = "no";

/** The sent form of an act on many licenses: the ids with the values of their fields, the reason and the act. */
export type BulkInput = { reason: string; act: AdminAct; chosen: ReadonlyMap<string, string> };

/** The form of an act on many licenses: that of the act on one, and a field for each license, named by its id. */
export const bulkForm = ({ schema }: Pick<LicenseAct, "schema">): z.ZodType<BulkInput> =>
  z.record(z.string(), z.string()).transform((sent, context): BulkInput => {
    const input = schema.safeParse(sent);
    for (const { path, message } of input.error?.issues ?? []) {
      context.addIssue({ code: "custom", path: [...path], message });
    }
    const chosen = new Map(Object.entries(sent).filter(([name, value]) => LICENSE_ID.test(name) && value !== LEFT_OUT));
    if (chosen.size === 0)
      context.addIssue({ code: "custom", path: ["form"], message: "Choose at least one license." });
    if (chosen.size > MOST_AT_ONCE) {
      context.addIssue({ code: "custom", path: ["form"], message: `Choose at most ${MOST_AT_ONCE} licenses.` });
    }
    return input.success ? { ...input.data, chosen } : z.NEVER;
  });

/** The act on one of the licenses. An extension by days is pinned to the end that the preview showed. */
export function actOnOne(act: AdminAct, value: string): AdminAct {
  if (act.action !== "extend" || !/^\d{1,12}$/.test(value)) return act;
  return { action: "extend", until: { expires_at: Number(value) } };
}

type Admin = { scopes: readonly Scope[]; now: UnixSeconds };

/** An act foreseen on one license: its consequences, or the refusal. */
export type ForeseenOne = { license: License; consequences: Result<readonly string[], Refusal> };

/** Foresees an act on each of the licenses, by the decision that carries it out. */
export const foreseeAll = (licenses: readonly License[], { act, chosen }: BulkInput, admin: Admin): ForeseenOne[] =>
  licenses.map((license) => ({
    license,
    consequences: previewLicenseAct(license, actOnOne(act, chosen.get(license.id) ?? CHOSEN), admin, admin.now),
  }));

/** Whether the act changes this license. */
export const isChanged = ({ consequences }: ForeseenOne): boolean =>
  consequences.ok && consequences.value[0] !== NOTHING;

/** The fields that pin the act to its preview: the licenses that it changes, and those that are left out. */
export function pinnedLicenses(foreseen: readonly ForeseenOne[], { act, chosen }: BulkInput, admin: Admin): SentForm {
  const left = [...chosen.keys()].map((id) => [id, LEFT_OUT] as const);
  const changed = foreseen.filter(isChanged).map(({ license }) => {
    const { end = CHOSEN } = pinnedFields(license, act, admin.scopes.includes("owner"), admin.now);
    return [license.id, end] as const;
  });
  return Object.fromEntries([...left, ...changed]);
}

/** The form again, with only the licenses in `ids`. */
export const onlyThese = (sent: SentForm, ids: readonly string[]): SentForm =>
  Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [
      name,
      LICENSE_ID.test(name) && !ids.includes(name) ? LEFT_OUT : value,
    ]),
  );
