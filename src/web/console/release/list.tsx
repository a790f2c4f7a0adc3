import { RELEASE_STATUSES } from "../../../domain/releases/decision.ts";
import { listAllReleases, type Release } from "../../../domain/releases/store.ts";
import { workers } from "../../../domain/workers/workers.ts";
import { createRoute, optionalChoice, PageQuery, page as pageOf, z } from "../../../platform/http/route.ts";
import { type Column, DataTable, FilterForm, FilterSelect, Pager, StatusBadge, Time } from "../../page/kit.ts";
import { DoneNotice, DoneQuery } from "../act/kit.ts";
import { consolePage, consoleRouter, consoleView } from "../frame.tsx";
import { RELEASE_WORDS, type ReleaseFilter, releaseListPath, releasePath } from "./acts.ts";

const ROWS = 50;

const route = createRoute({
  method: "get",
  path: "/admin/releases",
  request: {
    query: PageQuery.pick({ cursor: true }).extend({
      worker_id: z
        .string()
        .max(200)
        .optional()
        .openapi({ description: "Only releases of this worker.", example: "llm-worker-rbee-premium-cuda" }),
      status: optionalChoice(RELEASE_STATUSES).openapi({ description: "Only releases with this status." }),
      done: DoneQuery.shape.done,
    }),
  },
  ...consoleView("releases:read", {
    summary: "List releases, as a page",
    answers: { 200: "Releases, newest first." },
    refusals: ["VALIDATION_FAILED"],
  }),
});

const COLUMNS: readonly Column<Release>[] = [
  { header: "Version", cell: ({ id, version }) => <a href={releasePath(id)}>{version}</a> },
  { header: "Worker", cell: ({ worker_id }) => worker_id },
  {
    header: "Status",
    cell: ({ status }) => <StatusBadge tone={RELEASE_WORDS[status].tone}>{RELEASE_WORDS[status].text}</StatusBadge>,
  },
  { header: "Channel", cell: ({ channel }) => channel },
  { header: "Files", cell: ({ artifacts }) => artifacts.length, numeric: true },
  {
    header: "Published",
    cell: ({ published_at }) => (published_at === null ? "not yet" : <Time at={published_at} />),
  },
];

export const releaseList = consoleRouter();

releaseList.openapi(route, async (c) => {
  const { cursor, worker_id, status, done } = c.req.valid("query");
  const filter: ReleaseFilter = { worker_id: worker_id || undefined, status };
  const rows = await listAllReleases(c.env.DB, { ...filter, limit: ROWS + 1, before: cursor });
  const { items, next_cursor } = pageOf(rows, ROWS, ({ id }) => id);
  return consolePage(c, {
    title: "Releases",
    main: (
      <>
        <DoneNotice text={done === "delete" ? "The draft is deleted." : undefined} edge={undefined} />
        <h1>Releases</h1>
        <FilterForm action="/admin/releases">
          <FilterSelect
            name="worker_id"
            label="Worker"
            value={worker_id}
            options={workers.map(({ id }) => ({ value: id, text: id }))}
          />
          <FilterSelect
            name="status"
            label="Status"
            value={status}
            options={RELEASE_STATUSES.map((one) => ({ value: one, text: RELEASE_WORDS[one].text }))}
          />
        </FilterForm>
        <DataTable
          caption="Releases, newest first"
          columns={COLUMNS}
          rows={items}
          empty="No release matches. Publish one with the release pipeline or with rbee-catalog release publish."
        />
        <Pager path={(cursor) => releaseListPath(filter, cursor)} isLater={cursor !== undefined} next={next_cursor} />
      </>
    ),
  });
});
