import { LICENSE_STATUSES, type License } from "../../../../domain/licensing/license/record.ts";
import { searchLicenses } from "../../../../domain/licensing/license/search.ts";
import { selectLicenses } from "../../../../domain/licensing/license/store.ts";
import { PLAN_IDS, planName } from "../../../../domain/licensing/plans.ts";
import { holdsCredential } from "../../../../lib/masking/masked.ts";
import {
  CheckField,
  type Child,
  counted,
  DataTable,
  type FC,
  Notice,
  PostForm,
  pathWithQuery,
  Time,
} from "../../../page/kit.ts";
import {
  actRoutes,
  adminActor,
  BRAKED,
  brake,
  Confirmed,
  type ConsoleContext,
  combine,
  type Entered,
  may,
  Problem,
  reasonField,
  resultPage,
  type SentForm,
  type z,
} from "../../kit.ts";
import { filterChoice, filterText, listQuery } from "../../list.tsx";
import { LICENSE_ACTS, type LicenseAct } from "../acts.tsx";
import { LicenseStatusBadge, licensePath, ownerText } from "../words.tsx";
import { actOnAll, type Outcome } from "./carry-out.ts";
import {
  BULK_ACTS,
  type BulkInput,
  bulkForm,
  type ForeseenOne,
  foreseeAll,
  isChanged,
  MOST_AT_ONCE,
  onlyThese,
  pinnedLicenses,
} from "./decision.ts";

const LIST = "/admin/licenses";

/** The filter of the list that the licenses were found with. */
const Found = listQuery({
  q: filterText("As in the list of licenses.", "ada@example.com", 254),
  status: filterChoice("Only licenses with this status.", LICENSE_STATUSES),
  plan: filterChoice("Only licenses of this plan.", PLAN_IDS),
});

/** The acts for many licenses, in the order of the links. */
const OFFERED: readonly LicenseAct[] = BULK_ACTS.flatMap((name) => LICENSE_ACTS.filter((one) => one.name === name));

type Filter = Readonly<Record<"q" | "status" | "plan", string | undefined>>;

type LinksProps = { c: ConsoleContext; filter: Filter; cursor: string | undefined; found: readonly License[] };

/** Links to the acts on all licenses of a page that a search or filter found. */
export const BulkActs: FC<LinksProps> = ({ c, filter, cursor, found }) => {
  const isFiltered = Object.values(filter).some(Boolean);
  const isOwner = may(c, "owner");
  const offered = OFFERED.filter(({ isOffered }) => found.some((license) => isOffered(license, isOwner)));
  if (!isFiltered || !may(c, "licenses:write") || found.length < 2 || offered.length === 0) return null;
  return (
    <nav class="row" aria-label="Acts on all of them">
      <span class="quiet">All {found.length} on this page:</span>
      {offered.map(({ name, link }) => (
        <a href={pathWithQuery(`${LIST}/bulk/${name}`, { ...filter, cursor })}>{link}</a>
      ))}
    </nav>
  );
};

/** The licenses that the list shows for a filter. Without a filter there are none: no act is on just any license. */
async function licensesFound(
  c: ConsoleContext,
  { q, status, plan, cursor }: z.output<typeof Found>,
): Promise<License[]> {
  if (q === undefined && status === undefined && plan === undefined) return [];
  if (q !== undefined && holdsCredential(q)) return [];
  return searchLicenses(c.env.DB, { q, status, plan, before: cursor }, MOST_AT_ONCE, c.var.now);
}

const licensesOf = (c: ConsoleContext, { chosen }: BulkInput): Promise<License[]> =>
  selectLicenses(c.env.DB, "id IN (SELECT value FROM json_each(?))", JSON.stringify([...chosen.keys()]));

/** `GET` and `POST /admin/licenses/bulk/{suspend|reinstate|extend|revoke}`. */
export const licenseBulk = combine(
  ...OFFERED.map((offered) =>
    actRoutes(`${LIST}/bulk/${offered.name}`, {
      scope: "licenses:write",
      query: Found,
      does: `${offered.name} many licenses`,
      example: { lic_06b4m2v8w5r7q1t3x9z2k4n6p8: "yes", reason: "keys found in a public repository" },
      description: `Each license is a field with its id as the name, ${MOST_AT_ONCE} at most. Each has its own transaction and audit entry.`,
      answers: {
        200: "The preview; then the outcome for each license.",
        409: "The form again: no license would change.",
        ...(offered.name !== "reinstate" && { 429: BRAKED }),
      },
      schema: bulkForm(offered),
      actOf: async (c, filter) => {
        const admin = adminActor(c);
        const isOwner = admin.scopes.includes("owner");
        const found = (await licensesFound(c, filter)).filter((license) => offered.isOffered(license, isOwner));
        const foresee = async (input: BulkInput) => foreseeAll(await licensesOf(c, input), input, admin);
        return {
          title: `${offered.link} these licenses`,
          about: found.length === 0 ? NONE_FOUND : `${offered.meaning} Untick the licenses to leave as they are.`,
          button: `${offered.link} them`,
          dangerous: offered.dangerous,
          back: pathWithQuery(LIST, { q: filter.q, status: filter.status, plan: filter.plan }),
          fields: (entered) => [chosenField(c, found, entered), offered.fields?.(found, entered), reasonField(entered)],
          preview: async (input) => previewOf(await foresee(input)),
          pinned: async (input) => pinnedLicenses(await foresee(input), input, admin),
          carryOut: async (input, idempotencyKey, sent) => {
            if (offered.name !== "reinstate") await brake(c, offered.name, input.chosen.size);
            const { outcomes, edge } = await actOnAll(c, input, idempotencyKey);
            const owners = new Map((await licensesOf(c, input)).map((license) => [license.id, ownerText(license)]));
            const changed = outcomes.filter(({ fault }) => fault === null).length;
            return resultPage(c, {
              title: `${offered.link}: ${counted(changed, "license")} of ${outcomes.length} done`,
              result: <Outcomes c={c} {...{ outcomes, owners, sent, idempotencyKey }} />,
              edge,
              link: { href: LIST, text: "Show the licenses" },
            });
          },
        };
      },
    }),
  ),
);

const NONE_FOUND = "No license that this applies to. Search or filter the list of licenses first.";

const chosenField = (c: ConsoleContext, found: readonly License[], entered: Entered): Child => {
  const isFirst = entered("reason").value === undefined;
  if (found.length === 0) return null;
  return (
    <fieldset>
      <legend>{counted(found.length, "license")}</legend>
      {found.map((license) => (
        <CheckField name={license.id} checked={isFirst || entered(license.id).value === "yes"}>
          {ownerText(license)} · {planName(license.plan)}, issued <Time at={license.created_at} />{" "}
          <LicenseStatusBadge license={license} now={c.var.now} />
        </CheckField>
      ))}
    </fieldset>
  );
};

/**
 * The consequences of an act on many licenses: how many change, those that are left out, and each in detail. Throws
 * CONFLICT if none changes.
 */
function previewOf(foreseen: readonly ForeseenOne[]): Child[] {
  const changed = foreseen.filter(isChanged);
  const left = foreseen.filter((one) => !isChanged(one));
  if (changed.length === 0) {
    const why = [...new Set(left.map(reasonOf))].join(" ");
    throw new Problem({ code: "CONFLICT", detail: `None of them would change. ${why}`.trim() });
  }
  return [
    `${counted(changed.length, "license")} will change, each with an audit entry of its own.`,
    ...left.map((one) => (
      <>
        Left out: {nameOf(one.license)}. {reasonOf(one)}
      </>
    )),
    ...changed.map(({ license, consequences }) => (
      <details>
        <summary>{nameOf(license)}</summary>
        <ul>
          {(consequences.ok ? consequences.value : []).map((sentence) => (
            <li>{sentence}</li>
          ))}
        </ul>
      </details>
    )),
  ];
}

/** Why an act leaves a license as it is. */
const reasonOf = ({ consequences }: ForeseenOne): string =>
  consequences.ok ? (consequences.value[0] ?? "") : consequences.error.detail;

const nameOf = (license: License): string => `${ownerText(license)}, ${planName(license.plan)}`;

type OutcomesProps = {
  c: ConsoleContext;
  outcomes: readonly Outcome[];
  owners: ReadonlyMap<string, string>;
  sent: SentForm;
  idempotencyKey: string;
};

/** The outcome for each license, and a button that tries those again that failed. */
const Outcomes: FC<OutcomesProps> = ({ c, outcomes, owners, sent, idempotencyKey }) => {
  const failed = outcomes.filter(({ fault }) => fault !== null);
  const again = onlyThese(
    sent,
    failed.map(({ id }) => id),
  );
  return (
    <>
      {failed.length === 0 ? (
        <Notice tone="good">All of them are done.</Notice>
      ) : (
        <Notice tone="bad" title={`${counted(failed.length, "license")} did not change`}>
          <PostForm csrf={c.var.session.csrfToken}>
            <Confirmed sent={again} idempotencyKey={idempotencyKey} />
            <button type="submit">Try these again</button>
          </PostForm>
        </Notice>
      )}
      <DataTable
        caption="Licenses"
        columns={[
          { header: "License", cell: ({ id }) => <a href={licensePath(id)}>{owners.get(id) ?? id}</a> },
          { header: "Outcome", cell: ({ fault }) => fault ?? "Done" },
        ]}
        rows={[...failed, ...outcomes.filter(({ fault }) => fault === null)]}
        empty=""
      />
    </>
  );
};
