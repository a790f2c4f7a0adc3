import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { path } from "../catalog-client.ts";
import type { CatalogCommand, Context, PageOptions } from "../command.ts";
import { agreed, type ConsentOptions, withConsent } from "../consent.ts";
import { problemCode } from "../errors.ts";
import { REASON } from "../license-answer.ts";
import { formatRelease, formatReleases, RELEASE_COLUMNS, ReleaseAnswer, releaseIdOf } from "../release-view.ts";
import { downloadDraftFile } from "../sign/draft-file.ts";

/** An act on one release; `at` is its path in the admin API. */
type Act<Options> = (context: Context, at: string, options: Options) => Promise<void>;

type Withdrawal = ConsentOptions & { reason: string };

/** Adds the commands that read, withdraw and delete releases. */
export function addReleaseActs(release: CatalogCommand): void {
  const addAct = <Options>(name: string, summary: string, act: Act<Options>): CatalogCommand =>
    release
      .command(name)
      .summary(summary)
      .argument("<release>", "the release's id (rel_...) or worker@version")
      .runAsPublisher(async (context, named: string, options: Options) =>
        act(context, path`/v1/admin/releases/${await releaseIdOf(context.client, named)}`, options),
      );

  release
    .command("list")
    .paged()
    .summary("list releases, drafts included")
    .argument("[worker]", "only releases of this worker")
    .option("-s, --status <status>", "draft, published, yanked or blocked")
    .runAsPublisher(({ list }, worker: string | undefined, options: PageOptions & { status?: string }) =>
      list("/v1/admin/releases", "releases", RELEASE_COLUMNS, { ...options, worker_id: worker }),
    );
  addAct("show", "show a release and its files", async ({ client, show }, at) => {
    show(await client.json(ReleaseAnswer, { path: at }), (shown) => formatRelease(shown.release));
  });
  addAct("download", "download the files of a draft, and check them", downloadDraft).requiredOption(
    "-o, --out <folder>",
    "the folder for the files",
  );
  for (const [verb, summary, question, isFinal] of [
    ["yank", "hide a version; exact requests still get it", "Yank it?", false],
    ["unyank", "list a yanked version again", null, false],
    ["block", "withdraw the files of a version from everyone, forever", "Block it?", true],
    ["unblock", "free a blocked version for a new build (owners only)", "Lift the block?", true],
  ] as const) {
    const command = addAct(verb, summary, async (context, at, options: Withdrawal) => {
      const preview = { path: `${at}/preview`, query: { act: verb } };
      if (question !== null && !(await agreed(context, { preview, question, isFinal }, options))) return;
      const answer = await context.client.post(ReleaseAnswer, `${at}/${verb}`, { reason: options.reason });
      context.show(answer, (shown) => formatReleases([shown.release]));
    }).requiredOption(...REASON);
    if (question !== null) withConsent(command);
  }
  withConsent(addAct("delete", "delete a draft and its files, which frees its version", deleteDraft));
}

async function downloadDraft({ client, show, note }: Context, at: string, { out }: { out: string }): Promise<void> {
  const { release: draft } = await client.json(ReleaseAnswer, { path: at });
  const ready = draft.artifacts.filter(({ state }) => state === "ready");
  const files: string[] = [];
  for (const artifact of ready) {
    const { path: file } = await downloadDraftFile(client, draft, artifact, out);
    const named = join(out, basename(artifact.filename));
    await rename(file, named);
    files.push(named);
  }
  const left = draft.artifacts.length - ready.length;
  if (left > 0) note(`Not uploaded and checked yet: ${left}`);
  show({ release: draft.id, files }, () => files.join("\n"));
}

async function deleteDraft(context: Context, at: string, options: ConsentOptions): Promise<void> {
  const { client, show } = context;
  const preview = { path: `${at}/preview`, query: { act: "delete" } };
  if (!(await agreed(context, { preview, question: "Delete it?", isFinal: true }, options))) return;
  const { id } = (await client.json(ReleaseAnswer, { path: at })).release;
  await client.send({ method: "DELETE", path: at }).catch((error: unknown) => {
    // The release existed a moment ago, so an earlier attempt deleted it and its answer was lost.
    if (problemCode(error) !== "VERSION_NOT_FOUND") throw error;
  });
  show({ deleted: id }, () => `Deleted ${id}.`);
}
