import { startDeliveries } from "../../../domain/webhooks/delivery/run.ts";
import {
  DELIVERY_STATES,
  type Delivery,
  listDeliveries,
  readDelivery,
  replayDeliveries,
  testEndpoint,
} from "../../../domain/webhooks/delivery/store.ts";
import { cursorIdOf, sequenceOf } from "../../../domain/webhooks/delivery/view.ts";
import { EndpointId } from "../../../domain/webhooks/endpoint/fields.ts";
import { type CountedEndpoint, isEnabled, readEndpoint } from "../../../domain/webhooks/endpoint/store.ts";
import { combine } from "../../../platform/http/route.ts";
import { typeOf } from "../../../platform/storage/actions.ts";
import {
  type Child,
  type Column,
  Facts,
  FilterForm,
  FilterSelect,
  formatDateTime,
  PostForm,
  StatusBadge,
  Time,
  type Tone,
} from "../../page/kit.ts";
import { auditPath } from "../audit/words.tsx";
import {
  Acts,
  adminActor,
  type ConsoleContext,
  consoleForm,
  consolePage,
  consoleView,
  DoneNotice,
  DoneQuery,
  goTo,
  may,
  Problem,
  z,
} from "../kit.ts";
import { filterChoice, List, listQuery } from "../list.tsx";
import { endpointWords, nameOf, typesWords, webhookPath } from "./list.tsx";

const params = z.object({ id: EndpointId });

const STATE_WORDS: Record<Delivery["state"], { tone: Tone; text: string }> = {
  pending: { tone: "careful", text: "Waiting" },
  delivered: { tone: "good", text: "Taken" },
  failed: { tone: "bad", text: "Given up" },
};

const DONE: ReadonlyMap<string | undefined, string> = new Map([
  ["change", "The endpoint is changed."],
  ["disable", "The endpoint is disabled. Its events wait."],
  ["enable", "The endpoint is enabled. Its events are sent within a minute."],
  ["replay", "They are sent again within a minute."],
  ["test", "A test event is on its way. Reload this page to see its answer."],
  ["waits", "It waits already, and is sent when its turn comes."],
  ["refused", "Nothing was sent: enable the endpoint first."],
]);

const ROWS = 50;

export const webhookRead = consoleView(
  "/admin/webhooks/{id}",
  {
    scope: "audit:read",
    params,
    query: listQuery({
      done: DoneQuery.shape.done,
      state: filterChoice("Only deliveries in this state.", DELIVERY_STATES),
    }),
    summary: "Show a webhook endpoint and its deliveries",
    answers: { 200: "The endpoint." },
    refusals: ["NOT_FOUND"],
  },
  async (c, { id, cursor, state, done }) => {
    const endpoint = await readEndpoint(c.env.DB, id);
    const rows = await listDeliveries(c.env.DB, id, { limit: ROWS + 1, before: sequenceOf(cursor), state });
    return consolePage(c, {
      title: nameOf(endpoint),
      main: (
        <>
          <DoneNotice text={DONE.get(done)} />
          <h1>{nameOf(endpoint)}</h1>
          <p class="row">
            <StatusBadge {...endpointWords(endpoint)} />
            {endpoint.failing_since === null ? null : (
              <span>
                It has taken nothing since <Time at={endpoint.failing_since} clock />. Nothing is lost.
              </span>
            )}
          </p>
          {may(c, "webhooks:write") && endpoint.removed_at === null ? <EndpointActs c={c} endpoint={endpoint} /> : null}
          <Facts class="facts" facts={factsOf(endpoint)} />
          <h2>Deliveries</h2>
          <FilterForm action={webhookPath(id)} isFiltered={state !== undefined}>
            <FilterSelect
              name="state"
              label="State"
              value={state}
              options={DELIVERY_STATES.map((value) => ({ value, text: STATE_WORDS[value].text }))}
            />
          </FilterForm>
          <List
            path={webhookPath(id)}
            filter={{ state }}
            cursor={cursor}
            limit={ROWS}
            rows={rows.map((row) => ({ ...row, id: cursorIdOf(row) }))}
            caption="Newest event first, of 30 days"
            columns={columnsFor(c, endpoint)}
            empty="Nothing was sent yet."
          />
          <p>
            <a href={auditPath({ subject: id })}>History</a>
          </p>
        </>
      ),
    });
  },
);

const factsOf = ({ url, types, position, pending, failed, former_until }: CountedEndpoint): [string, Child][] => [
  ["URL", <code>{url}</code>],
  ["Types", typesWords(types)],
  ["Queued through event", position],
  ["Waiting", pending],
  ["Given up", failed],
  ...(former_until === null
    ? []
    : [["Former secret", `signs until ${formatDateTime(former_until)}`] satisfies [string, Child]]),
];

const EndpointActs = ({ c, endpoint }: { c: ConsoleContext; endpoint: CountedEndpoint }) => (
  <>
    <Acts
      path={webhookPath(endpoint.id)}
      acts={[
        { name: "change", link: "Change", ends: false },
        { name: "rotate-secret", link: "Replace the secret", ends: false },
        ...(isEnabled(endpoint)
          ? [
              { name: "replay", link: "Send again", ends: false },
              { name: "disable", link: "Disable", ends: false },
            ]
          : [{ name: "enable", link: "Enable", ends: false }]),
        { name: "remove", link: "Remove", ends: true },
      ]}
    />
    {isEnabled(endpoint) ? (
      <PostForm action={`${webhookPath(endpoint.id)}/test`} csrf={c.var.session.csrfToken}>
        <button type="submit" class="secondary">
          Send a test event
        </button>
      </PostForm>
    ) : null}
  </>
);

type Listed = Delivery & { id: string };

const columnsFor = (c: ConsoleContext, endpoint: CountedEndpoint): Column<Listed>[] => [
  { header: "Event", cell: ({ sequence, action }) => `${sequence} ${typeOf(action)}` },
  { header: "About", cell: ({ subject }) => <a href={auditPath({ subject })}>{subject}</a> },
  { header: "State", cell: ({ state }) => <StatusBadge {...STATE_WORDS[state]} /> },
  { header: "Last attempt", cell: (delivery) => <LastAttempt delivery={delivery} /> },
  {
    header: "Send again",
    cell: ({ sequence, state }) =>
      state !== "pending" && isEnabled(endpoint) && may(c, "webhooks:write") ? (
        <PostForm action={`${webhookPath(endpoint.id)}/deliveries/${sequence}/replay`} csrf={c.var.session.csrfToken}>
          <button type="submit" class="secondary">
            Send again<span class="unseen"> event {sequence}</span>
          </button>
        </PostForm>
      ) : null,
  },
];

const LastAttempt = ({ delivery }: { delivery: Delivery }) => {
  const { attempts, last_attempt_at, last_status, last_error, last_ms, next_attempt_at, state } = delivery;
  if (last_attempt_at === null) return <>Not sent yet</>;
  const answer = last_error ?? `Answered ${last_status} after ${last_ms} ms.`;
  return (
    <>
      <Time at={last_attempt_at} clock /> {answer} {attempts > 1 ? `Attempt ${attempts}.` : ""}
      {state === "pending" ? (
        <>
          {" "}
          Next: <Time at={next_attempt_at} clock />
        </>
      ) : null}
    </>
  );
};

const ACCESS = { scope: "webhooks:write", example: {}, leadsTo: "The endpoint with the result." } as const;

/** Buttons of an endpoint's page that need no reason: they only repeat or try what the service does anyway. */
export const webhookButtons = combine(
  consoleForm(
    "/admin/webhooks/{id}/test",
    { ...ACCESS, params, summary: "Send a test to a webhook endpoint, by a form", refusals: ["NOT_FOUND"] },
    async (c, { id }) => answer(c, id, "test", () => testEndpoint(c.env.DB, adminActor(c), id)),
  ),
  consoleForm(
    "/admin/webhooks/{id}/deliveries/{sequence}/replay",
    {
      ...ACCESS,
      params: params.extend({
        sequence: z.coerce.number().int().min(1).openapi({ description: "The number of the event.", example: 4711 }),
      }),
      summary: "Send an event to a webhook endpoint again, by a form",
      refusals: ["NOT_FOUND"],
    },
    async (c, { id, sequence }) => {
      const { state } = await readDelivery(c.env.DB, id, sequence);
      const one = { from: sequence, to: sequence, state: "any" } as const;
      const done = state === "pending" ? "waits" : "replay";
      return answer(c, id, done, () => replayDeliveries(c.env.DB, adminActor(c), id, one, null));
    },
  ),
);

/** Carries an act out, starts the deliveries, and shows the endpoint with the result. */
async function answer(c: ConsoleContext, id: string, done: string, act: () => Promise<unknown>): Promise<Response> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Problem && error.code === "CONFLICT") return goTo(c, webhookPath(id), { done: "refused" });
    throw error;
  }
  await startDeliveries(c.env, c.var.now);
  return goTo(c, webhookPath(id), { done });
}
