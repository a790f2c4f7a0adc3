import { ordersCsv } from "../../../domain/money/file.ts";
import { listOrders } from "../../../domain/money/orders.ts";
import { PAYMENT_STATES } from "../../../domain/money/payment.ts";
import { OrderQuery, orderFilter } from "../../../domain/money/routes.ts";
import { type OrderView, orderCursor, orderView, parseOrderCursor } from "../../../domain/money/view.ts";
import { ORDER_STATE_WORDS } from "../../../domain/money/words.ts";
import { holdsCredential } from "../../../lib/masking/masked.ts";
import { fromRfc3339 } from "../../../lib/time.ts";
import { csvHeaders, csvOf } from "../../../platform/http/csv.ts";
import {
  type Column,
  DataTable,
  Field,
  FilterForm,
  FilterSelect,
  Notice,
  Pager,
  pathWithQuery,
  Time,
} from "../../page/kit.ts";
import { type ConsoleContext, consolePage, consoleView, may, z } from "../kit.ts";
import { licensePath } from "../license/words.tsx";
import { filterChoice, filterText } from "../list.tsx";
import { WAYS } from "./resolve.tsx";
import { PaymentName, PaymentState, totalText } from "./words.tsx";

const PATH = "/admin/orders";
const ROWS = 50;

const columnsFor = (c: ConsoleContext): Column<OrderView>[] => [
  { header: "When", cell: ({ at }) => <Time at={fromRfc3339(at)} clock /> },
  { header: "Payment", cell: (order) => <PaymentName of={order} /> },
  {
    header: "State",
    cell: (order) => (
      <>
        <PaymentState of={order} />
        {order.state === "held" && order.order_id !== null ? (
          <div class="row">
            {WAYS.filter(({ scope }) => may(c, scope)).map(({ name, link }) => (
              <a href={`/admin/orders/${order.order_id}/${name}`}>{link}</a>
            ))}
          </div>
        ) : null}
      </>
    ),
  },
  { header: "Total", cell: totalText, numeric: true },
  {
    header: "Customer",
    cell: ({ license_id, email }) => {
      const name = email ?? (license_id === null ? "–" : "Erased person");
      return license_id !== null && may(c, "licenses:read") ? <a href={licensePath(license_id)}>{name}</a> : name;
    },
  },
  { header: "Plan", cell: ({ plan }) => plan ?? "–" },
];

const Filter = z.object({
  q: filterText("The number of an invoice, an id, or an email address.", "RBEE-0001", 254),
  state: filterChoice("Only orders in this state.", PAYMENT_STATES),
  from: OrderQuery.shape.from,
  to: OrderQuery.shape.to,
});

/** The filter as it stands in the address. */
const asQuery = (c: ConsoleContext): Record<string, string | undefined> =>
  Object.fromEntries(["q", "state", "from", "to"].map((name) => [name, c.req.query(name) || undefined]));

export const orderList = consoleView(
  PATH,
  {
    scope: "money:read",
    query: Filter.extend({
      cursor: z.string().max(400).optional().openapi({ description: "The place of an earlier page's end." }),
    }),
    summary: "List orders, as a page",
    answers: { 200: "Payments, refunds and disputes, newest first." },
  },
  async (c, { cursor, ...query }) => {
    const { LIVEMODE } = c.var.config;
    const isSecret = query.q !== undefined && holdsCredential(query.q);
    const filter = orderFilter({ ...query, license: undefined, ...(isSecret && { q: undefined }) });
    const after = cursor === undefined ? undefined : (parseOrderCursor(cursor) ?? undefined);
    const found = await listOrders(c.env.DB, { ...filter, after }, ROWS + 1, c.var.now);
    const shown = found.slice(0, ROWS);
    const last = shown.at(-1);
    const given = asQuery(c);
    if (isSecret) given["q"] = undefined;
    const states = PAYMENT_STATES.map((state) => ({ value: state, text: ORDER_STATE_WORDS[state] }));
    return consolePage(c, {
      title: "Orders",
      main: (
        <>
          <div class="row spread">
            <h1>Orders</h1>
            <nav class="row" aria-label="Money">
              <a href="/admin/revenue">Revenue</a>
              <a href={pathWithQuery(`${PATH}/csv`, given)}>Download as CSV</a>
            </nav>
          </div>
          {isSecret ? (
            <Notice tone="careful">
              The search contains a key or token, so it was ignored. Please find the license with the form on Licenses.
            </Notice>
          ) : null}
          <FilterForm action={PATH} isFiltered={Object.values(given).some(Boolean)}>
            <Field name="q" type="search" label="Find" autocomplete="off" spellcheck={false} value={given["q"]} />
            <FilterSelect name="state" label="State" value={given["state"]} options={states} />
            <Field name="from" type="date" label="From" value={given["from"]} />
            <Field name="to" type="date" label="To" value={given["to"]} />
          </FilterForm>
          <DataTable
            caption="Orders, newest first"
            columns={columnsFor(c)}
            rows={shown.map((order) => orderView(order, LIVEMODE))}
            empty="No order matches. “Not paid yet”, “on its way” and “failed” also show checkouts that no money has come from."
          />
          <Pager
            path={(next) => pathWithQuery(PATH, { ...given, cursor: next })}
            isLater={cursor !== undefined}
            next={found.length > ROWS && last ? orderCursor(last) : null}
          />
        </>
      ),
    });
  },
);

export const orderFile = consoleView(
  `${PATH}/csv`,
  {
    scope: "money:read",
    query: Filter,
    summary: "Download orders as a file",
    files: { 200: { description: "All orders that match.", content: csvOf("A line for each order.", "at,id\r\n") } },
  },
  (c, query) => {
    const filter = orderFilter({ ...query, license: undefined });
    return c.body(ordersCsv(c.env.DB, filter, c.var.config.LIVEMODE, c.var.now), 200, csvHeaders("orders"));
  },
);
