import { activeMachines, type License } from "../../../domain/licensing/license/record.ts";
import type { LicenseFilter } from "../../../domain/licensing/license/search.ts";
import { LICENSE_STATUSES } from "../../../domain/licensing/license/status.ts";
import { PLAN_IDS, plans } from "../../../domain/licensing/plans.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { DataTable, type FC, Field, FilterForm, FilterSelect, Pager, PostForm, Time } from "../../page/kit.ts";
import { type ConsoleContext, may } from "../frame.tsx";
import { LicenseStatusBadge, licenseListPath, licensePath, ownerText, STATUS_WORDS } from "./words.tsx";

type Found = {
  filter: LicenseFilter;
  licenses: License[];
  /** The cursor of the next page; null on the last one. */
  next: string | null;
  /** Whether this is not the first page. */
  isLater: boolean;
  now: UnixSeconds;
};

/** The page of licenses: a search, filters, and the licenses found. */
export const LicenseListBody: FC<{ c: ConsoleContext; list?: Found; error?: string }> = ({ c, list, error }) => {
  const filter = list?.filter ?? {};
  return (
    <>
      <div class="row spread">
        <h1>Licenses</h1>
        {may(c, "licenses:write") ? (
          <a class="button" href="/admin/licenses/new">
            Issue a license
          </a>
        ) : null}
      </div>
      <PostForm action="/admin/licenses/search" csrf={c.var.session.csrfToken} class="search">
        <Field
          name="q"
          label="Find a license"
          hint="By mail address or its beginning, license key, license or machine id, fingerprint hash, or an id of Stripe's (cus_, sub_, cs_, pi_, in_ ...)."
          error={error}
          type="search"
          value={filter.q}
          autocomplete="off"
          spellcheck={false}
        />
        <button type="submit">Find</button>
      </PostForm>
      <FilterForm action="/admin/licenses" isFiltered={Object.values(filter).some(Boolean)}>
        {filter.q ? <input type="hidden" name="q" value={filter.q} /> : null}
        <FilterSelect
          name="status"
          label="Status"
          value={filter.status}
          options={LICENSE_STATUSES.map((status) => ({ value: status, text: STATUS_WORDS[status].text }))}
        />
        <FilterSelect
          name="plan"
          label="Plan"
          value={filter.plan}
          options={PLAN_IDS.map((id) => ({ value: id, text: plans[id].name }))}
        />
      </FilterForm>
      {list === undefined ? null : <LicenseTable {...list} />}
    </>
  );
};

const LicenseTable: FC<Found> = ({ filter, licenses, next, isLater, now }) => (
  <>
    <DataTable
      caption="Licenses, newest first"
      columns={[
        { header: "Owner", cell: (license) => <a href={licensePath(license.id)}>{ownerText(license)}</a> },
        { header: "Status", cell: (license) => <LicenseStatusBadge license={license} now={now} /> },
        { header: "Plan", cell: ({ plan }) => plan },
        {
          header: "Machines",
          cell: (license) => `${activeMachines(license).length} of ${license.machine_limit}`,
          numeric: true,
        },
        { header: "Issued", cell: ({ created_at }) => <Time at={created_at} /> },
      ]}
      rows={licenses}
      empty="No license matches. Ids of invoices, refunds and disputes work for 60 days after their last event; a customer's id (cus_) always works."
    />
    <Pager path={(cursor) => licenseListPath(filter, cursor)} isLater={isLater} next={next} />
  </>
);
