import * as z from "zod";
import { path } from "../catalog-client.ts";
import type { CatalogCommand, PageOptions } from "../command.ts";
import { agreed, type ConsentOptions, withConsent } from "../consent.ts";
import { CliError, EXIT } from "../errors.ts";
import { findRepository, type Repository } from "../github.ts";
import { REASON } from "../license-answer.ts";
import { formatFields } from "../output.ts";

const Publisher = z.looseObject({
  id: z.string(),
  repository: z.string(),
  repository_id: z.string(),
  repository_owner_id: z.string(),
  workflow: z.string(),
  environment: z.string().nullable(),
  refs: z.array(z.string()),
  worker_ids: z.array(z.string()),
});

const PublisherAnswer = z.looseObject({ publisher: Publisher });

type AddOptions = {
  workflow: string;
  worker: string[];
  environment?: string;
  ref?: string[];
  repositoryId?: string;
  ownerId?: string;
  reason: string;
};

/** Adds `publisher`, the commands for workflows that publish without a stored secret. */
export function addPublisherCommands(program: CatalogCommand): void {
  const publisher = program
    .command("publisher")
    .description("Manages trusted publishers: workflows of GitHub Actions that publish without a stored secret.");

  publisher
    .command("add")
    .summary("let a workflow publish some workers")
    .description(
      "Lets runs of one workflow publish some workers. It asks GitHub for the ids of the repository and of its owner, because " +
        "names can change hands.",
    )
    .argument("<repository>", "OWNER/REPO at GitHub; set GITHUB_TOKEN for a private one")
    .requiredOption("--workflow <file>", "the workflow, such as release.yml")
    .requiredOption("-w, --worker <id...>", "the workers, such as llm-worker-rbee-premium-*")
    .requiredOption(...REASON)
    .option("--environment <name>", "the environment that the job must run in (recommended)")
    .option("--ref <ref...>", "the tags or branches, such as refs/heads/main (default: refs/tags/v*)")
    .option("--repository-id <id>", "the repository's id, with --owner-id: GitHub is not asked")
    .option("--owner-id <id>", "the owner's id")
    .addHelpText(
      "after",
      `
Without --environment, everybody who may push such a tag can publish. With it,
let the environment ask for a review (GitHub: Settings, Environments).

Example:
  $ rbee-catalog publisher add rbee-dev/workers --workflow release.yml \\
      --environment release --worker 'llm-worker-rbee-premium-*' \\
      --reason 'releases come from CI'`,
    )
    .runAsAdmin(async ({ client, show, note, env }, named: string, options: AddOptions) => {
      const { name, id, ownerId, isFork } = await idsOf(named, options, env);
      if (isFork) note(`${name} is a fork of another repository.`);
      const body = {
        ...{ repository: name, repository_id: id, repository_owner_id: ownerId, workflow: options.workflow },
        ...{ environment: options.environment, refs: options.ref, worker_ids: options.worker, reason: options.reason },
      };
      const request = { method: "POST", path: "/v1/admin/publishers", body } as const;
      show(await client.json(PublisherAnswer, request), (added) => formatPublisher(added.publisher));
      if (options.environment === undefined) {
        note("It names no environment: everybody who may push such a tag or branch can publish.");
      }
    });

  publisher
    .command("list")
    .paged()
    .summary("list the publishers, removed ones included")
    .runAsAdmin(({ list }, options: PageOptions) => {
      const columns = {
        ...{ PUBLISHER: "id", REPOSITORY: "repository", WORKFLOW: "workflow", ENVIRONMENT: "environment" },
        ...{ REFS: "refs", WORKERS: "worker_ids", USED: "last_used_at", REMOVED: "removed_at" },
      };
      return list("/v1/admin/publishers", "publishers", columns, options);
    });

  withConsent(publisher.command("remove"))
    .summary("end a publisher and its tokens at once")
    .argument("<publisher>", "the publisher's id (pub_...)")
    .requiredOption(...REASON)
    .runAsAdmin(async (context, id: string, { reason, ...consent }: ConsentOptions & { reason: string }) => {
      const at = path`/v1/admin/publishers/${id}`;
      const preview = { path: `${at}/preview`, query: { act: "remove" } };
      if (!(await agreed(context, { preview, question: "Remove it?", isFinal: false }, consent))) return;
      const answer = await context.client.json(PublisherAnswer, { method: "DELETE", path: at, body: { reason } });
      context.show(answer, () => `Removed ${id}. Its tokens have ended.`);
    });
}

/** The ids of a repository: both from the options, or both from GitHub. Throws `CliError`. */
async function idsOf(repository: string, options: AddOptions, env: NodeJS.ProcessEnv): Promise<Repository> {
  const { repositoryId, ownerId } = options;
  if (!/^[^/\s]+\/[^/\s]+$/.test(repository)) {
    throw new CliError(EXIT.usage, `"${repository}" is not a repository. Name it as OWNER/REPO.`);
  }
  if (repositoryId === undefined && ownerId === undefined) return findRepository(repository, env);
  if (repositoryId === undefined || ownerId === undefined) {
    throw new CliError(EXIT.usage, "Give both --repository-id and --owner-id, or neither.");
  }
  return { name: repository, id: repositoryId, ownerId, isFork: false };
}

const formatPublisher = (publisher: z.infer<typeof Publisher>): string =>
  formatFields({
    Publisher: publisher.id,
    Repository: `${publisher.repository} (id ${publisher.repository_id}, owner ${publisher.repository_owner_id})`,
    Workflow: publisher.workflow,
    Environment: publisher.environment ?? "any or none",
    Refs: publisher.refs.join(", "),
    Workers: publisher.worker_ids.join(", "),
  });
