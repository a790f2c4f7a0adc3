import { activeMachines } from "../../../domain/licensing/license/record.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import { cleanSecret, looksLikeLicenseKey } from "../../../lib/credential.ts";
import { holdsCredential } from "../../../lib/masking/masked.ts";
import { fromRfc3339 } from "../../../lib/time.ts";
import { type Child, DataTable, Notice, pathWithQuery, StatusBadge, Time } from "../../page/kit.ts";
import { type ConsoleContext, combine, consoleForm, consolePage, consoleView, may, sentForm, z } from "../kit.ts";
import { licenseOfForeignKey, licenseOfKey } from "../license/key.ts";
import { LicenseStatusBadge, licensePath, ownerText } from "../license/words.tsx";
import { filterText } from "../list.tsx";
import { orderPath, PaymentState, paymentText, totalText } from "../money/words.tsx";
import { RELEASE_WORDS, releasePath } from "../release/list.tsx";
import { SEARCH_PATH } from "./form.tsx";
import { type Found, findEverywhere, MOST_OF_A_KIND, onlyPage } from "./found.ts";

/** The longest search. Nothing known is longer, and the search becomes part of an address. */
const LONGEST = 254;

const IN_ADDRESS = "Please enter keys in the search field: addresses are stored and logged.";

const read = consoleView(
  SEARCH_PATH,
  {
    scope: null,
    query: z.object({
      q: filterText("An email address or a part of it, an id, or a version.", "ada@example.com", LONGEST),
    }),
    summary: "Show what a search of the console finds",
    answers: {
      200: "Licenses, orders and releases, of the kinds that the admin may see.",
      422: "The page without results: the search contains a key or token.",
    },
  },
  async (c, { q }) => {
    if (q !== undefined && holdsCredential(q)) return resultsPage(c, { error: IN_ADDRESS });
    return resultsPage(c, q === undefined ? {} : { q, found: await findEverywhere(c, q) });
  },
);

const send = consoleForm(
  SEARCH_PATH,
  {
    scope: null,
    example: { q: "ada@example.com" },
    summary: "Search the console",
    description: "The search may be a license key. It is sent as a form, so no address and no log holds the key.",
    answers: { 422: "The page again: the key is not valid, or the search holds another credential." },
    leadsTo: "The only thing that matches; else the results.",
  },
  async (c) => {
    const q = (await sentForm(c))["q"]?.trim() ?? "";
    if (looksLikeLicenseKey(cleanSecret(q)) && may(c, "licenses:read")) {
      const license = await licenseOfKey(c, q);
      return license.ok ? c.redirect(licensePath(license.value), 303) : resultsPage(c, { error: license.error });
    }
    if (holdsCredential(q)) {
      return resultsPage(c, { error: "The search contains a key or token. Search for something that is not secret." });
    }
    const imported = may(c, "licenses:read") ? await licenseOfForeignKey(c, q) : null;
    if (imported !== null) return c.redirect(licensePath(imported), 303);
    if (q.length > LONGEST) return resultsPage(c, { error: `${LONGEST} characters at most.` });
    const only = q === "" ? null : onlyPage(await findEverywhere(c, q));
    return c.redirect(only ?? pathWithQuery(SEARCH_PATH, { q: q || undefined }), 303);
  },
);

/** `GET` and `POST /admin/search`. */
export const search = combine(read, send);

type Results = { q?: string; found?: Found; error?: string };

function resultsPage(c: ConsoleContext, { q, found, error }: Results): Promise<Response> {
  const isEmpty = found !== undefined && Object.values(found).every((list) => list.length === 0);
  return consolePage(c, {
    title: q === undefined ? "Search" : `Search: ${q}`,
    status: error === undefined ? 200 : 422,
    search: q,
    main: (
      <>
        <h1>{q === undefined ? "Search" : `Results for “${q}”`}</h1>
        {error === undefined ? null : <Notice tone="bad">{error}</Notice>}
        {found === undefined || isEmpty ? <Help isEmpty={isEmpty} /> : null}
        {found === undefined ? null : <Results c={c} q={q ?? ""} found={found} />}
      </>
    ),
  });
}

const Help = ({ isEmpty }: { isEmpty: boolean }): Child => (
  <>
    {isEmpty ? <p class="empty">Nothing matches.</p> : null}
    <p>Use the field at the top of the page; the key / leads there. It finds</p>
    <ul>
      <li>
        a license by a part of its owner's email address, its id, its key or an imported one, or a machine's id or
        fingerprint hash
      </li>
      <li>an order by the number of an invoice, an id of Stripe's, or its buyer</li>
      <li>a release by its id, its worker or its version, such as “cuda 1.2”</li>
    </ul>
    <p class="quiet">A part of an email address needs at least four characters.</p>
  </>
);

const Results = ({ c, q, found }: { c: ConsoleContext; q: string; found: Found }): Child => (
  <>
    {found.licenses.length === 0 ? null : (
      <section>
        <DataTable
          caption="Licenses"
          columns={[
            { header: "Owner", cell: (license) => <a href={licensePath(license.id)}>{ownerText(license)}</a> },
            { header: "Status", cell: (license) => <LicenseStatusBadge license={license} now={c.var.now} /> },
            { header: "Plan", cell: ({ plan }) => planName(plan) },
            {
              header: "Machines",
              cell: (one) => `${activeMachines(one).length} of ${one.machine_limit}`,
              numeric: true,
            },
          ]}
          rows={found.licenses.slice(0, MOST_OF_A_KIND)}
          empty=""
        />
        <More list={found.licenses} href={pathWithQuery("/admin/licenses", { q })} />
      </section>
    )}
    {found.orders.length === 0 ? null : (
      <section>
        <DataTable
          caption="Orders"
          columns={[
            { header: "Payment", cell: (order) => <a href={orderPath(order.id)}>{paymentText(order)}</a> },
            { header: "State", cell: (order) => <PaymentState of={order} /> },
            { header: "When", cell: ({ at }) => <Time at={fromRfc3339(at)} /> },
            { header: "Total", cell: totalText, numeric: true },
          ]}
          rows={found.orders.slice(0, MOST_OF_A_KIND)}
          empty=""
        />
        <More list={found.orders} href={pathWithQuery("/admin/orders", { q })} />
      </section>
    )}
    {found.releases.length === 0 ? null : (
      <section>
        <DataTable
          caption="Releases"
          columns={[
            { header: "Release", cell: (one) => <a href={releasePath(one.id)}>{`${one.worker_id} ${one.version}`}</a> },
            { header: "Status", cell: ({ status }) => <StatusBadge {...RELEASE_WORDS[status]} /> },
            { header: "Channel", cell: ({ channel }) => channel },
          ]}
          rows={found.releases.slice(0, MOST_OF_A_KIND)}
          empty=""
        />
        <More list={found.releases} href="/admin/releases" />
      </section>
    )}
  </>
);

const More = ({ list, href }: { list: readonly unknown[]; href: string }): Child =>
  list.length > MOST_OF_A_KIND ? (
    <p>
      <a href={href}>Show all</a>
    </p>
  ) : null;
