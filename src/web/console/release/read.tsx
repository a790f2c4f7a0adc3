import { RELEASE_ACTIONS } from "../../../domain/releases/decision.ts";
import { ReleaseParams } from "../../../domain/releases/fields.ts";
import { readRelease } from "../../../domain/releases/store.ts";
import { createRoute } from "../../../platform/http/route.ts";
import { counted, DataTable, formatCount, Prose, StatusBadge, Time } from "../../page/kit.ts";
import { ActLink, DoneNotice, DoneQuery } from "../act/kit.ts";
import { auditPath } from "../audit/words.tsx";
import { consolePage, consoleRouter, consoleView, may } from "../frame.tsx";
import { actionsFrom, RELEASE_ACTS, RELEASE_WORDS, releasePath } from "./acts.ts";
import { ReleaseFiles } from "./files.tsx";
import { REACH_DAYS, readReleaseUse } from "./reach.ts";

const route = createRoute({
  method: "get",
  path: "/admin/releases/{id}",
  request: {
    params: ReleaseParams,
    query: DoneQuery,
  },
  ...consoleView("releases:read", {
    summary: "Show a release, its files and how much it is used",
    answers: { 200: "The release." },
    refusals: ["VERSION_NOT_FOUND", "VALIDATION_FAILED"],
  }),
});

export const releaseRead = consoleRouter();

releaseRead.openapi(route, async (c) => {
  const release = await readRelease(c.env.DB, c.req.valid("param").id);
  const use = await readReleaseUse(c.env.DB, release, c.var.now);
  const { done, edge } = c.req.valid("query");
  const action = RELEASE_ACTIONS.find((one) => one === done);
  const { text, tone } = RELEASE_WORDS[release.status];
  return consolePage(c, {
    title: `${release.worker_id} ${release.version}`,
    main: (
      <>
        <DoneNotice text={action && RELEASE_ACTS[action].done} edge={edge} />
        <h1>
          {release.worker_id} {release.version}
        </h1>
        <p class="row">
          <StatusBadge tone={tone}>{text}</StatusBadge>
          <span>
            {release.published_at === null ? (
              "Not published yet."
            ) : (
              <>
                First published on <Time at={release.published_at} clock />.
              </>
            )}{" "}
            Channel {release.channel}.
            {release.source_tag === null ? "" : ` Free recipes build the tag ${release.source_tag}.`}
          </span>
        </p>
        {may(c, "releases:write") ? (
          <nav class="row acts" aria-label="Acts">
            {actionsFrom(release.status).map((action) => (
              <ActLink href={`${releasePath(release.id)}/${action}`} ends={action === "block"}>
                {RELEASE_ACTS[action].link}
              </ActLink>
            ))}
            {release.status === "draft" ? (
              <ActLink href={`${releasePath(release.id)}/delete`} ends>
                Delete
              </ActLink>
            ) : null}
          </nav>
        ) : null}
        {release.notes === null ? null : (
          <section>
            <h2>Notes</h2>
            <Prose text={release.notes} />
          </section>
        )}
        <ReleaseFiles release={release} formats={c.var.service.formats} />
        <section>
          <h2>
            Downloads in {REACH_DAYS} days: {formatCount(use.downloads)}
            {use.licenses === 0 ? "" : `, by ${counted(use.licenses, "license")}`}
          </h2>
          <DataTable
            caption="Downloads by platform"
            quiet
            columns={[
              { header: "Platform", cell: ({ platform }) => platform },
              { header: "Downloads", cell: ({ downloads }) => formatCount(downloads), numeric: true },
            ]}
            rows={use.platforms}
            empty="There are no downloads."
          />
        </section>
        {may(c, "audit:read") ? (
          <p>
            <a href={auditPath({ subject: release.id })}>Show its audit entries</a>
          </p>
        ) : null}
      </>
    ),
  });
});
