import { activeMachines, LICENSE_STATUSES, type License } from "../../../domain/licensing/license/record.ts";
import { type LicenseFilter, searchLicenses } from "../../../domain/licensing/license/search.ts";
import { PLAN_IDS, planName, plans } from "../../../domain/licensing/plans.ts";
import { cleanSecret, looksLikeLicenseKey } from "../../../lib/credential.ts";
import { holdsCredential } from "../../../lib/masking/masked.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type Column, Field, FilterForm, FilterSelect, PostForm, pathWithQuery, Time } from "../../page/kit.ts";
import { type ConsoleContext, consoleForm, consolePage, consoleView, may, sentForm } from "../kit.ts";
import { filterChoice, filterText, List, listQuery } from "../list.tsx";
import { BulkActs } from "./bulk/routes.tsx";
import { licenseOfKey } from "./key.ts";
import { LicenseStatusBadge, licensePath, ownerText, STATUS_WORDS } from "./words.tsx";

const PATH = "/admin/licenses";
const ROWS = 50;

/** The longest search. Nothing known about a license is longer, and the search becomes part of an address. */
const LONGEST = 254;

const columnsAt = (now: UnixSeconds): Column<License>[] => [
  { header: "Owner", cell: (license) => <a href={licensePath(license.id)}>{ownerText(license)}</a> },
  { header: "Status", cell: (license) => <LicenseStatusBadge license={license} now={now} /> },
  { header: "Plan", cell: ({ plan }) => planName(plan) },
  { header: "Machines", cell: (one) => `${activeMachines(one).length} of ${one.machine_limit}`, numeric: true },
  { header: "Issued", cell: ({ created_at }) => <Time at={created_at} /> },
];

export const licenseList = consoleView(
  PATH,
  {
    scope: "licenses:read",
    query: listQuery({
      q: filterText("A part of an email address, an invoice number, or an id.", "ada@example.com", LONGEST),
      status: filterChoice("Only licenses with this status.", LICENSE_STATUSES),
      plan: filterChoice("Only licenses of this plan.", PLAN_IDS),
    }),
    summary: "List licenses, as a page",
    answers: { 200: "Licenses, newest first.", 422: "The page without a list: the search contains a key or token." },
  },
  async (c, { cursor, q, status, plan }) => {
    if (q !== undefined && holdsCredential(q))
      return refusedSearch(c, "Please search for keys with the form: addresses are stored and logged.");
    const filter = { q, status, plan };
    const found = await searchLicenses(c.env.DB, { ...filter, before: cursor }, ROWS + 1, c.var.now);
    return listPage(c, { filter, cursor, found });
  },
);

export const licenseSearch = consoleForm(
  `${PATH}/search`,
  {
    scope: "licenses:read",
    example: { q: "ada@example.com" },
    summary: "Find a license by any of its ids, its key or its owner's address",
    description: "The search may be a license key. It is sent as a form, so no address and no log holds the key.",
    answers: { 422: "The page again: the key is not valid, or the search holds another credential." },
    leadsTo: "The license, if exactly one matches; else the list of matches.",
  },
  async (c) => {
    const q = (await sentForm(c))["q"]?.trim() ?? "";
    if (q === "") return c.redirect(PATH, 303);
    if (looksLikeLicenseKey(cleanSecret(q))) {
      const license = await licenseOfKey(c, q);
      return license.ok ? c.redirect(licensePath(license.value), 303) : refusedSearch(c, license.error);
    }
    if (holdsCredential(q)) {
      const advice = "Enter only a license key, or something that is not secret.";
      return refusedSearch(c, `The search contains a key or token. ${advice}`);
    }
    if (q.length > LONGEST) return refusedSearch(c, `${LONGEST} characters at most.`);
    const [only, another] = await searchLicenses(c.env.DB, { q }, 2, c.var.now);
    return c.redirect(only && !another ? licensePath(only.id) : pathWithQuery(PATH, { q }), 303);
  },
);

const refusedSearch = (c: ConsoleContext, error: string): Promise<Response> => listPage(c, { error });

const SEARCH_HINT =
  "Any part of an email address, such as its domain; a license key, license or machine id, fingerprint hash, invoice number, or an id of Stripe's (cus_, sub_, in_, re_ ...).";

type Found = { filter?: LicenseFilter; cursor?: string | undefined; found?: License[]; error?: string };

/** The page of licenses: a search, filters, and the list found, or the error of the search with status 422. */
function listPage(c: ConsoleContext, { filter = {}, cursor, found, error }: Found): Promise<Response> {
  const statuses = LICENSE_STATUSES.map((status) => ({ value: status, text: STATUS_WORDS[status].text }));
  const named = PLAN_IDS.map((id) => ({ value: id, text: plans[id].name }));
  const search = { label: "Find a license", hint: SEARCH_HINT, value: filter.q, error };
  return consolePage(c, {
    title: "Licenses",
    status: error === undefined ? 200 : 422,
    main: (
      <>
        <div class="row spread">
          <h1>Licenses</h1>
          {may(c, "licenses:issue") ? (
            <a class="button" href={`${PATH}/new`}>
              Issue a license
            </a>
          ) : null}
        </div>
        <PostForm action={`${PATH}/search`} csrf={c.var.session.csrfToken} class="search">
          <Field name="q" type="search" autocomplete="off" spellcheck={false} {...search} />
          <button type="submit">Find</button>
        </PostForm>
        <FilterForm action={PATH} isFiltered={Object.values(filter).some(Boolean)}>
          {filter.q ? <input type="hidden" name="q" value={filter.q} /> : null}
          <FilterSelect name="status" label="Status" value={filter.status} options={statuses} />
          <FilterSelect name="plan" label="Plan" value={filter.plan} options={named} />
        </FilterForm>
        {found === undefined ? null : (
          <BulkActs
            c={c}
            filter={{ q: filter.q, status: filter.status, plan: filter.plan }}
            cursor={c.req.query("cursor")}
            found={found.slice(0, ROWS)}
          />
        )}
        {found === undefined ? null : (
          <List
            path={PATH}
            filter={filter}
            cursor={cursor}
            limit={ROWS}
            rows={found}
            caption="Licenses, newest first"
            columns={columnsAt(c.var.now)}
            empty="No license matches. A part of an email address needs four characters at least."
          />
        )}
      </>
    ),
  });
}
