import { type CountedEndpoint, listEndpoints } from "../../../domain/webhooks/endpoint/store.ts";
import { stateOf } from "../../../domain/webhooks/endpoint/view.ts";
import { type Column, StatusBadge, Time, type Tone } from "../../page/kit.ts";
import { consolePage, consoleView, DoneNotice, DoneQuery, may } from "../kit.ts";
import { List, listQuery } from "../list.tsx";

/** The address of the list of webhook endpoints. */
export const WEBHOOKS = "/admin/webhooks";

/** The address of an endpoint's page. */
export const webhookPath = (id: string): string => `${WEBHOOKS}/${id}`;

const DISABLED_WORDS = {
  admin: "Disabled",
  failing: "Disabled: failing",
  gone: "Disabled: gone",
} as const;

/** The state of an endpoint in words. */
export function endpointWords(endpoint: CountedEndpoint): { tone: Tone; text: string } {
  if (endpoint.removed_at !== null) return { tone: "plain", text: "Removed" };
  if (endpoint.disabled_by !== null) {
    return { tone: endpoint.disabled_by === "admin" ? "careful" : "bad", text: DISABLED_WORDS[endpoint.disabled_by] };
  }
  return endpoint.failing_since === null ? { tone: "good", text: "Enabled" } : { tone: "bad", text: "Failing" };
}

/** The host of an endpoint, or its description. The path may be a secret of the receiver. */
export const nameOf = ({ url, description }: Pick<CountedEndpoint, "url" | "description">): string =>
  description === "" ? new URL(url).host : description;

/** The types that an endpoint is sent, in a line. */
export const typesWords = (types: readonly string[]): string => (types.length === 0 ? "all" : types.join(", "));

const ROWS = 50;

const COLUMNS: Column<CountedEndpoint>[] = [
  { header: "Endpoint", cell: (endpoint) => <a href={webhookPath(endpoint.id)}>{nameOf(endpoint)}</a> },
  { header: "State", cell: (endpoint) => <StatusBadge {...endpointWords(endpoint)} /> },
  { header: "Host", cell: ({ url }) => new URL(url).host },
  { header: "Types", cell: ({ types }) => typesWords(types) },
  { header: "Waiting", cell: ({ pending }) => pending },
  { header: "Given up", cell: (endpoint) => (stateOf(endpoint) === "removed" ? null : endpoint.failed) },
  { header: "Added", cell: ({ created_at }) => <Time at={created_at} /> },
];

const DONE: ReadonlyMap<string | undefined, string> = new Map([
  ["remove", "The endpoint is removed. Nothing more is sent to it."],
]);

export const webhookList = consoleView(
  WEBHOOKS,
  {
    scope: "audit:read",
    query: listQuery({ done: DoneQuery.shape.done }),
    summary: "List webhook endpoints, as a page",
    answers: { 200: "Webhook endpoints, newest first." },
  },
  async (c, { cursor, done }) =>
    consolePage(c, {
      title: "Webhooks",
      main: (
        <>
          <DoneNotice text={DONE.get(done)} />
          <div class="row spread">
            <h1>Webhooks</h1>
            {may(c, "webhooks:write") ? (
              <a class="button" href={`${WEBHOOKS}/new`}>
                Add an endpoint
              </a>
            ) : null}
          </div>
          <p>Systems of ours that get each act of the audit trail as a signed event.</p>
          <List
            path={WEBHOOKS}
            cursor={cursor}
            limit={ROWS}
            rows={await listEndpoints(c.env.DB, { limit: ROWS + 1, before: cursor })}
            caption="Newest first"
            columns={COLUMNS}
            empty="There are no endpoints. Systems can also ask for events: GET /v1/admin/events."
          />
        </>
      ),
    }),
);
