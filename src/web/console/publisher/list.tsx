import { listPublishers, type Publisher } from "../../../domain/publishing/publisher/store.ts";
import { type Column, StatusBadge, Time } from "../../page/kit.ts";
import { auditPath } from "../audit/words.tsx";
import { consolePage, consoleView, DoneNotice, DoneQuery } from "../kit.ts";
import { List, listQuery } from "../list.tsx";

/** The address of the list of publishers. */
export const PUBLISHERS = "/admin/publishers";

const ROWS = 50;

const COLUMNS: Column<Publisher>[] = [
  {
    header: "Workflow",
    cell: ({ id, repository, workflow }) => (
      <a href={auditPath({ actor: `publisher:${id}` })}>
        {repository} {workflow.replace(/^\.github\/workflows\//, "")}
      </a>
    ),
  },
  {
    header: "State",
    cell: ({ removed_at }) =>
      removed_at === null ? <StatusBadge tone="good" text="In force" /> : <StatusBadge tone="plain" text="Removed" />,
  },
  { header: "Environment", cell: ({ environment }) => environment ?? "any or none" },
  { header: "Tags and branches", cell: ({ refs }) => refs.map((ref) => ref.replace(/^refs\//, "")).join(", ") },
  { header: "May publish", cell: ({ worker_ids }) => worker_ids.join(", ") },
  { header: "Last used", cell: ({ used_at }) => (used_at === null ? "never" : <Time at={used_at} clock />) },
  {
    header: "Remove",
    cell: ({ id, repository, workflow, removed_at }) =>
      removed_at === null ? (
        <a href={`${PUBLISHERS}/${id}/remove`}>
          Remove
          <span class="unseen">
            {" "}
            {workflow} of {repository}
          </span>
        </a>
      ) : null,
  },
];

const DONE: ReadonlyMap<string | undefined, string> = new Map([
  ["add", "The publisher is added. Its runs can publish now."],
  ["remove", "The publisher is removed. Its tokens have ended."],
]);

export const publisherList = consoleView(
  PUBLISHERS,
  {
    scope: "owner",
    query: listQuery({ done: DoneQuery.shape.done }),
    summary: "List trusted publishers, as a page",
    answers: { 200: "Trusted publishers, newest first." },
  },
  async (c, { cursor, done }) =>
    consolePage(c, {
      title: "Publishers",
      main: (
        <>
          <DoneNotice text={DONE.get(done)} />
          <div class="row spread">
            <h1>Trusted publishers</h1>
            <a class="button" href={`${PUBLISHERS}/new`}>
              Add a publisher
            </a>
          </div>
          <p>Workflows of GitHub Actions that publish without a stored secret. Each run gets a token of 15 minutes.</p>
          <List
            path={PUBLISHERS}
            cursor={cursor}
            limit={ROWS}
            rows={await listPublishers(c.env.DB, { limit: ROWS + 1, before: cursor })}
            caption="Newest first"
            columns={COLUMNS}
            empty="There are no publishers. Releases are published with admin tokens."
          />
        </>
      ),
    }),
);
