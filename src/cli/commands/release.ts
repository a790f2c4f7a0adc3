import { openAsBlob } from "node:fs";
import type { Command } from "commander";
import * as z from "zod";
import { path } from "../catalog-client.ts";
import { adminToken, contextOf, noteNextPage, type PageOptions, withPaging } from "../context.ts";
import { CliError, EXIT, problemCode } from "../errors.ts";
import { readSecretKey } from "../keys/release-signing.ts";
import { publishRelease } from "../publish/publish.ts";
import { parsePlatform, readReleaseFile } from "../publish/release-file.ts";
import { formatRelease, formatReleases, Release, ReleasePage, releaseIdOf } from "../release-view.ts";

type PublishOptions = {
  worker: string;
  version: string;
  platform?: string;
  channel?: string;
  signKey?: string;
  pgpSig?: string;
  notes?: string;
  sourceTag?: string;
  provenance?: string;
};

const ReleaseAnswer = z.looseObject({ release: Release });

/** Adds `release`: what a publisher does with versions. */
export function addReleaseCommands(program: Command): void {
  const release = program
    .command("release")
    .summary("publish and withdraw versions of workers")
    .description("Releases.");

  release
    .command("publish")
    .summary("upload, sign and publish the files of one version")
    .description(
      "Uploads the files of one version, for each platform a binary, a pacman package or both, and publishes it once the catalog has checked every byte. " +
        "After a break, the same command goes on where it was.",
    )
    .argument(
      "<file...>",
      "binaries and pacman packages; the platform is the end of the name (...-linux-x86_64, ...-x86_64.pkg.tar.zst) " +
        "unless --platform is given",
    )
    .requiredOption("--worker <id>", "such as llm-worker-rbee-premium-cuda")
    .requiredOption("--version <version>", "semantic version, such as 1.10.0 or 2.0.0-rc.1")
    .option("--platform <platform>", "linux-x86_64, linux-aarch64, macos-aarch64 or windows-x86_64 (one file only)")
    .option("--channel <channel>", "stable, rc, beta or alpha, if not the one that the version says")
    .option("--sign-key <file>", "minisign secret key without a password; else FILE.minisig is used if it is there")
    .option("--pgp-sig <file>", "OpenPGP signature of the file (one only); else FILE.sig is used if it is there")
    .option(
      "--provenance <file>",
      "SLSA provenance of the files (.intoto.jsonl, DSSE or Sigstore bundle); may be added later",
    )
    .option("--notes <text>", "what is new")
    .option("--source-tag <tag>", "git tag that the recipe of a free worker builds, if not its branch")
    .addHelpText(
      "after",
      `
Example:
  $ rbee-catalog release publish dist/worker-linux-x86_64 --version 1.4.0 \\
      --worker llm-worker-rbee-premium-cuda --sign-key release-signing.key`,
    )
    .action(async (paths: string[], options: PublishOptions, command: Command) => {
      const context = await contextOf(command);
      const credential = adminToken(context);
      if (options.platform !== undefined && paths.length > 1) {
        throw new CliError(EXIT.usage, "--platform is for one file; name several by their platforms.");
      }
      if (options.pgpSig !== undefined && paths.length > 1) {
        throw new CliError(EXIT.usage, "--pgp-sig is for one file; put FILE.sig beside each of several.");
      }
      const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
      const secretKey = options.signKey === undefined ? null : await readSecretKey(options.signKey);
      const files = [];
      for (const file of paths) {
        const { worker: workerId, version, pgpSig: pgpSignature } = options;
        files.push(await readReleaseFile(file, { workerId, version, platform, secretKey, pgpSignature }));
      }
      const published = await publishRelease(context.client, credential, {
        workerId: options.worker,
        version: options.version,
        channel: options.channel,
        notes: options.notes,
        sourceTag: options.sourceTag,
        files,
        provenance: options.provenance === undefined ? undefined : await openFile(options.provenance),
      });
      context.show({ release: published }, () => formatReleases([published]));
    });

  withPaging(release.command("list"))
    .summary("list releases, drafts included")
    .argument("[worker]", "only those of this worker")
    .option("--status <status>", "draft, published, yanked or blocked")
    .action(async (worker: string | undefined, options: PageOptions & { status?: string }, command: Command) => {
      const context = await contextOf(command);
      const page = await context.client.json(ReleasePage, {
        path: "/v1/admin/releases",
        query: { worker_id: worker, status: options.status, limit: options.limit, cursor: options.cursor },
        credential: adminToken(context),
      });
      context.show(page, ({ releases }) => formatReleases(releases));
      noteNextPage(context, page.next_cursor);
    });

  release
    .command("show")
    .summary("show one release and its files")
    .argument("<release>", "its id (rel_...) or worker@version")
    .action(async (name: string, _options: object, command: Command) => {
      const context = await contextOf(command);
      const credential = adminToken(context);
      const id = await releaseIdOf(context.client, credential, name);
      const answer = await context.client.json(ReleaseAnswer, { path: path`/v1/admin/releases/${id}`, credential });
      context.show(answer, ({ release: found }) => formatRelease(found));
    });

  const addMove = (verb: string, summary: string): void => {
    release
      .command(verb)
      .summary(summary)
      .argument("<release>", "its id (rel_...) or worker@version")
      .requiredOption("--reason <text>", "why; it stays in the audit trail")
      .action(async (name: string, { reason }: { reason: string }, command: Command) => {
        const context = await contextOf(command);
        const credential = adminToken(context);
        const id = await releaseIdOf(context.client, credential, name);
        const answer = await context.client.json(ReleaseAnswer, {
          method: "POST",
          path: path`/v1/admin/releases/${id}/${verb}`,
          credential,
          repeatable: true,
          body: { reason },
        });
        context.show(answer, ({ release: moved }) => formatReleases([moved]));
      });
  };
  addMove("yank", "hide a version; exact requests still get it");
  addMove("unyank", "offer a yanked version again");
  addMove("block", "withdraw a version from everyone, for good");

  release
    .command("delete")
    .summary("delete a draft and its files; its version is free again")
    .argument("<release>", "its id (rel_...) or worker@version")
    .action(async (name: string, _options: object, command: Command) => {
      const context = await contextOf(command);
      const credential = adminToken(context);
      const one = path`/v1/admin/releases/${await releaseIdOf(context.client, credential, name)}`;
      const { id } = (await context.client.json(ReleaseAnswer, { path: one, credential })).release;
      await context.client.send({ method: "DELETE", path: one, credential }).catch((error: unknown) => {
        // It was there just now: an attempt whose answer was lost has deleted it.
        if (problemCode(error) !== "VERSION_NOT_FOUND") throw error;
      });
      context.show({ deleted: id }, () => `Deleted ${id}.`);
    });
}

async function openFile(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch {
    throw new CliError(EXIT.usage, `${path} cannot be read.`);
  }
}
