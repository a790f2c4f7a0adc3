import { activeMachines, type License } from "../../../domain/licensing/license/record.ts";
import type { LicenseFilter } from "../../../domain/licensing/license/search.ts";
import { LICENSE_STATUSES, standingOf } from "../../../domain/licensing/license/status.ts";
import { PLAN_IDS, plans } from "../../../domain/licensing/plans.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { DataTable, type FC, Field, Pager, PostForm, SelectField, StatusBadge, Time } from "../../page/kit.ts";
import { type ConsoleContext, may } from "../frame.tsx";
import { licenseListPath, licensePath, ownerText, STATUS_WORDS, sentenceOf } from "./words.tsx";

type Props = {
  c: ConsoleContext;
  filter: LicenseFilter;
  /** Null: nothing was searched for. */
  licenses: License[] | null;
  /** Why nothing was searched for. */
  error?: string;
  /** The cursor of the next page, if there is one. */
  next: string | null;
  isLater: boolean;
  now: UnixSeconds;
};

/** A search, filters, and the licenses that they pick. */
export const LicenseListBody: FC<Props> = ({ c, filter, licenses, error, next, isLater, now }) => (
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
    <form method="get" action="/admin/licenses" class="filters">
      {filter.q ? <input type="hidden" name="q" value={filter.q} /> : null}
      <SelectField
        name="status"
        label="Status"
        value={filter.status ?? ""}
        options={[
          { value: "", text: "Any" },
          ...LICENSE_STATUSES.map((status) => ({ value: status, text: STATUS_WORDS[status].text })),
        ]}
      />
      <SelectField
        name="plan"
        label="Plan"
        value={filter.plan ?? ""}
        options={[{ value: "", text: "Any" }, ...PLAN_IDS.map((id) => ({ value: id, text: plans[id].name }))]}
      />
      <button type="submit" class="secondary">
        Show
      </button>
      {filter.q || filter.status || filter.plan ? <a href="/admin/licenses">Show all</a> : null}
    </form>
    {licenses === null ? null : <LicenseTable licenses={licenses} now={now} />}
    <Pager path={(cursor) => licenseListPath(filter, cursor)} isLater={isLater} next={next} />
  </>
);

const LicenseTable: FC<{ licenses: License[]; now: UnixSeconds }> = ({ licenses, now }) => (
  <DataTable
    caption="Licenses, newest first"
    columns={[
      { header: "Owner", cell: (license) => <a href={licensePath(license.id)}>{ownerText(license)}</a> },
      { header: "Status", cell: (license) => <Status license={license} now={now} /> },
      { header: "Plan", cell: ({ plan }) => plan },
      {
        header: "Machines",
        cell: (license) => `${activeMachines(license).length} of ${license.machine_limit}`,
        numeric: true,
      },
      { header: "Issued", cell: ({ created_at }) => <Time at={created_at} /> },
    ]}
    rows={licenses}
    empty="No license fits. Invoices, refunds and disputes are found for 60 days after the last news of them; a customer's id (cus_) always is."
  />
);

const Status: FC<{ license: License; now: UnixSeconds }> = ({ license, now }) => {
  const standing = standingOf(license, now);
  const { text, tone } = STATUS_WORDS[standing.status];
  return (
    <span title={sentenceOf(standing, license)}>
      <StatusBadge tone={tone}>{text}</StatusBadge>
    </span>
  );
};
