import { RELEASE_STATUSES } from "../../../domain/releases/decision.ts";
import { listAllReleases, type Release } from "../../../domain/releases/store.ts";
import { workers } from "../../../domain/workers/workers.ts";
import { mayWrite, requireWorkerOf } from "../../../platform/identity/worker-limit.ts";
import { type Column, FilterForm, FilterSelect, StatusBadge, Time, type Tone } from "../../page/kit.ts";
import { consolePage, consoleView, DoneNotice, DoneQuery } from "../kit.ts";
import { filterChoice, filterText, List, listQuery } from "../list.tsx";

/** The address of the page of a release. */
export const releasePath = (id: string): string => `/admin/releases/${encodeURIComponent(id)}`;

/** The name and tone of each status. */
export const RELEASE_WORDS: Record<Release["status"], { text: string; tone: Tone }> = {
  draft: { text: "Draft", tone: "plain" },
  published: { text: "Published", tone: "good" },
  yanked: { text: "Yanked", tone: "careful" },
  blocked: { text: "Blocked", tone: "bad" },
};

const PATH = "/admin/releases";
const ROWS = 50;

const COLUMNS: readonly Column<Release>[] = [
  { header: "Version", cell: ({ id, version }) => <a href={releasePath(id)}>{version}</a> },
  { header: "Worker", cell: ({ worker_id }) => worker_id },
  { header: "Status", cell: ({ status }) => <StatusBadge {...RELEASE_WORDS[status]} /> },
  { header: "Channel", cell: ({ channel }) => channel },
  { header: "Files", cell: ({ artifacts }) => artifacts.length, numeric: true },
  { header: "Published", cell: ({ published_at: at }) => (at === null ? "not yet" : <Time at={at} />) },
];

export const releaseList = consoleView(
  PATH,
  {
    scope: "releases:read",
    query: listQuery({
      worker_id: filterText("Only releases of this worker.", "llm-worker-rbee-premium-cuda", 200),
      status: filterChoice("Only releases with this status.", RELEASE_STATUSES),
      done: DoneQuery.shape.done,
    }),
    summary: "List releases, as a page",
    answers: { 200: "Releases, newest first." },
  },
  async (c, { cursor, worker_id, status, done }) => {
    const filter = { worker_id, status };
    const { workers: limit } = c.var.admin;
    if (worker_id !== undefined) requireWorkerOf(c.var.admin, worker_id);
    const statuses = RELEASE_STATUSES.map((one) => ({ value: one, text: RELEASE_WORDS[one].text }));
    return consolePage(c, {
      title: "Releases",
      main: (
        <>
          <DoneNotice text={done === "delete" ? "The draft is deleted." : undefined} />
          <h1>Releases</h1>
          <FilterForm action={PATH}>
            <FilterSelect
              name="worker_id"
              label="Worker"
              value={worker_id}
              options={workers.filter(({ id }) => mayWrite(c.var.admin, id)).map(({ id }) => ({ value: id, text: id }))}
            />
            <FilterSelect name="status" label="Status" value={status} options={statuses} />
          </FilterForm>
          <List
            path={PATH}
            filter={filter}
            cursor={cursor}
            limit={ROWS}
            rows={await listAllReleases(c.env.DB, { ...filter, workers: limit, limit: ROWS + 1, before: cursor })}
            caption="Releases, newest first"
            columns={COLUMNS}
            empty="No release matches. Publish one with the release pipeline or with rbee-catalog release publish."
          />
        </>
      ),
    });
  },
);
