import { DEFAULT_REFS, NewPublisher, workersOf } from "../../../domain/publishing/publisher/fields.ts";
import {
  addPublisher,
  countTokens,
  readPublisher,
  removePublisher,
  requireFree,
} from "../../../domain/publishing/publisher/store.ts";
import { PublisherId } from "../../../domain/publishing/publisher/view.ts";
import { workers } from "../../../domain/workers/workers.ts";
import { CheckField, Field, sentences, TextField } from "../../page/kit.ts";
import { actRoutes, adminActor, goTo, Reason, ReasonForm, reasonField, z } from "../kit.ts";
import { PUBLISHERS } from "./list.tsx";
import { previewPublisherRemoval } from "./preview.ts";

const NAMES = ["repository", "repository_id", "repository_owner_id", "workflow", "environment", "refs"] as const;

const text = z.string().trim().default("");
const ticked = Object.fromEntries(workers.map(({ id }) => [id, z.literal("yes").optional()]));

/** The form as the API's body. The rules are the API's; each fault becomes a sentence. */
const PublisherForm = z
  .object({ reason: Reason, ...Object.fromEntries(NAMES.map((name) => [name, text])), ...ticked })
  .transform(({ reason, ...form }, context) => {
    const entered = z.record(z.string(), z.string().optional()).parse(form);
    const parsed = NewPublisher.safeParse({
      ...Object.fromEntries(NAMES.map((name) => [name, entered[name]])),
      environment: entered["environment"] || null,
      refs: (entered["refs"] ?? "").split(/\s+/).filter((ref) => ref !== ""),
      worker_ids: workers.map(({ id }) => id).filter((id) => entered[id] === "yes"),
    });
    if (parsed.success) return { wanted: parsed.data, reason };
    for (const { path, message, code } of parsed.error.issues) {
      const isEmpty = code === "too_small" || !entered[String(path[0])];
      const words = path[0] === "worker_ids" ? "Please choose at least one worker." : `It ${message}.`;
      const fault = isEmpty && path[0] !== "worker_ids" ? "Please fill this in." : words;
      context.addIssue({ code: "custom", path: path.slice(0, 1), message: fault });
    }
    return z.NEVER;
  });

export const publisherAdd = actRoutes(`${PUBLISHERS}/new`, {
  scope: "owner",
  does: "add a trusted publisher",
  example: {
    ...{ repository: "rbee-dev/workers", repository_id: "1296269", repository_owner_id: "583231" },
    ...{ workflow: "release.yml", environment: "release", refs: "refs/tags/v*" },
    ...{ "llm-worker-rbee-premium-cuda": "yes", reason: "releases come from CI" },
  },
  description: "Each worker is a field with the value `yes`. `refs` has one on each line.",
  answers: { 409: "The form again: a publisher names this workflow and environment already." },
  leadsTo: "The list of publishers.",
  schema: PublisherForm,
  actOf: (c) => ({
    title: "Add a trusted publisher",
    about: "A workflow of GitHub Actions that may publish without a stored secret.",
    button: "Add it",
    back: PUBLISHERS,
    fields: (entered) => (
      <>
        <Field {...entered("repository")} label="Repository" hint="OWNER/REPO at GitHub, for people." required />
        <Field
          {...entered("repository_id")}
          label="Repository id"
          hint={
            'The number "id" that https://api.github.com/repos/OWNER/REPO shows. A name can pass to another owner; an id cannot.'
          }
          inputmode="numeric"
          required
        />
        <Field
          {...entered("repository_owner_id")}
          label="Owner id"
          hint={'The number "id" of "owner", at the same address.'}
          inputmode="numeric"
          required
        />
        <Field {...entered("workflow")} label="Workflow" hint="Its file, such as release.yml." required />
        <Field
          {...entered("environment")}
          label="Environment"
          hint="Recommended. Let it ask for a review, at GitHub under Settings, Environments. Empty: any or none."
        />
        <TextField
          {...entered("refs")}
          value={entered("refs").value ?? DEFAULT_REFS.join("\n")}
          label="Tags and branches"
          hint="One on each line, beginning with refs/tags/ or refs/heads/. One * stands for any characters but /."
          rows={2}
          required
        />
        <fieldset>
          <legend>It may publish</legend>
          {workers.map(({ id }) => (
            <CheckField name={id} checked={entered(id).value === "yes"}>
              <code>{id}</code>
            </CheckField>
          ))}
          {entered("worker_ids").error === undefined ? null : (
            <p class="error" role="alert">
              {entered("worker_ids").error}
            </p>
          )}
        </fieldset>
        {reasonField(entered)}
      </>
    ),
    preview: async ({ wanted }) => {
      await requireFree(c.env.DB, c.var.config, wanted);
      const { repository, repository_id, repository_owner_id, workflow, environment, refs, worker_ids } = wanted;
      return sentences(
        `Runs of ${workflow} in ${repository} (id ${repository_id}, owner ${repository_owner_id}) may draft, upload and publish at once.`,
        `They may do so for: ${workersOf(worker_ids).join(", ")}.`,
        `Only runs of these refs may: ${refs.join(", ")}.`,
        environment === null
          ? "Their jobs may run in any environment or none: everybody who may push such a tag or branch can publish."
          : `Their jobs must run in the environment ${environment}.`,
        "Runs for pull requests, and runs of forks, are refused.",
        "The service does not ask GitHub: please compare the ids once more.",
      );
    },
    carryOut: async ({ wanted, reason }) => {
      await addPublisher(c.env.DB, c.var.config, adminActor(c), wanted, reason);
      return goTo(c, PUBLISHERS, { done: "add" });
    },
  }),
});

export const publisherRemove = actRoutes(`${PUBLISHERS}/{id}/remove`, {
  scope: "owner",
  params: z.object({ id: PublisherId }),
  does: "remove a trusted publisher",
  example: { reason: "the repository has moved" },
  leadsTo: "The list of publishers.",
  missing: ["NOT_FOUND"],
  schema: ReasonForm,
  actOf: async (c, { id }) => {
    const publisher = await readPublisher(c.env.DB, id);
    const { repository, workflow } = publisher;
    return {
      title: "Remove this publisher",
      about: `${workflow} of ${repository}`,
      button: "Remove it",
      dangerous: true,
      back: PUBLISHERS,
      preview: async () => previewPublisherRemoval(publisher, await countTokens(c.env.DB, id, c.var.now)),
      carryOut: async ({ reason }) => {
        await removePublisher(c.env.DB, adminActor(c), id, reason);
        return goTo(c, PUBLISHERS, { done: "remove" });
      },
    };
  },
});
