import { openAsBlob } from "node:fs";
import type { Command } from "commander";
import * as z from "zod";
import { path } from "../catalog-client.ts";
import { adminContextOf, type PageOptions, withPaging } from "../context.ts";
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

/** Adds `release`, the publisher's commands for versions. */
export function addReleaseCommands(program: Command): void {
  const release = program
    .command("release")
    .summary("publish and withdraw versions of workers")
    .description("Releases.");

  release
    .command("publish")
    .summary("upload, sign and publish the files of one version")
    .description(
      "Uploads the files of one version: for each platform a binary, packages or both. Publishes the version once the " +
        "catalog has checked every byte. After an interruption, run the same command again to continue.",
    )
    .argument(
      "<file...>",
      "binaries and packages; the platform is the end of the name (...-linux-x86_64, ...-x86_64.pkg.tar.zst) " +
        "unless --platform is given",
    )
    .requiredOption("--worker <id>", "such as llm-worker-rbee-premium-cuda")
    .requiredOption("--version <version>", "semantic version, such as 1.10.0 or 2.0.0-rc.1")
    .option("--platform <platform>", "linux-x86_64, linux-aarch64, macos-aarch64 or windows-x86_64 (one file only)")
    .option("--channel <channel>", "stable, rc, beta or alpha, if it differs from the version's suffix")
    .option("--sign-key <file>", "minisign secret key without a password; default: use FILE.minisig if it exists")
    .option("--pgp-sig <file>", "OpenPGP signature (one file only); default: use FILE.sig if it exists")
    .option(
      "--provenance <file>",
      "SLSA provenance of the files (.intoto.jsonl, DSSE or Sigstore bundle); can be added later",
    )
    .option("--notes <text>", "the release notes")
    .option("--source-tag <tag>", "git tag that the recipe of a free worker builds, instead of its branch")
    .addHelpText(
      "after",
      `
Example:
  $ rbee-catalog release publish dist/worker-linux-x86_64 --version 1.4.0 \\
      --worker llm-worker-rbee-premium-cuda --sign-key release-signing.key`,
    )
    .action(async (paths: string[], options: PublishOptions, command: Command) => {
      const { client, show } = await adminContextOf(command);
      if (options.platform !== undefined && paths.length > 1) {
        throw new CliError(EXIT.usage, "--platform is for one file. For several, end each name with its platform.");
      }
      if (options.pgpSig !== undefined && paths.length > 1) {
        throw new CliError(EXIT.usage, "--pgp-sig is for one file. For several, put FILE.sig beside each.");
      }
      const { worker: workerId, version, channel, notes, sourceTag, pgpSig: pgpSignature } = options;
      const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
      const secretKey = options.signKey === undefined ? null : await readSecretKey(options.signKey);
      const files = [];
      for (const file of paths) {
        files.push(await readReleaseFile(file, { workerId, version, platform, secretKey, pgpSignature }));
      }
      const provenance = options.provenance === undefined ? undefined : await openFile(options.provenance);
      const publication = { workerId, version, channel, notes, sourceTag, files, provenance };
      show({ release: await publishRelease(client, publication) }, (shown) => formatReleases([shown.release]));
    });

  withPaging(release.command("list"))
    .summary("list releases, drafts included")
    .argument("[worker]", "only releases of this worker")
    .option("--status <status>", "draft, published, yanked or blocked")
    .action(async (worker: string | undefined, options: PageOptions & { status?: string }, command: Command) => {
      const { client, showPage } = await adminContextOf(command);
      const query = { worker_id: worker, status: options.status, limit: options.limit, cursor: options.cursor };
      const page = await client.json(ReleasePage, { path: "/v1/admin/releases", query });
      showPage(page, ({ releases }) => formatReleases(releases));
    });

  release
    .command("show")
    .summary("show one release and its files")
    .argument("<release>", "the release's id (rel_...) or worker@version")
    .action(async (name: string, _options: object, command: Command) => {
      const { client, show } = await adminContextOf(command);
      const one = path`/v1/admin/releases/${await releaseIdOf(client, name)}`;
      show(await client.json(ReleaseAnswer, { path: one }), (shown) => formatRelease(shown.release));
    });

  const addMove = (verb: string, summary: string): void => {
    release
      .command(verb)
      .summary(summary)
      .argument("<release>", "the release's id (rel_...) or worker@version")
      .requiredOption("--reason <text>", "the reason for the audit trail")
      .action(async (name: string, { reason }: { reason: string }, command: Command) => {
        const { client, show } = await adminContextOf(command);
        const move = path`/v1/admin/releases/${await releaseIdOf(client, name)}/${verb}`;
        const request = { method: "POST", path: move, repeatable: true, body: { reason } } as const;
        show(await client.json(ReleaseAnswer, request), (shown) => formatReleases([shown.release]));
      });
  };
  addMove("yank", "hide a version; exact requests still get it");
  addMove("unyank", "offer a yanked version again");
  addMove("block", "withdraw a version from everyone, for good");

  release
    .command("delete")
    .summary("delete a draft and its files, which frees its version")
    .argument("<release>", "the release's id (rel_...) or worker@version")
    .action(async (name: string, _options: object, command: Command) => {
      const { client, show } = await adminContextOf(command);
      const one = path`/v1/admin/releases/${await releaseIdOf(client, name)}`;
      const { id } = (await client.json(ReleaseAnswer, { path: one })).release;
      await client.send({ method: "DELETE", path: one }).catch((error: unknown) => {
        // The release existed a moment ago, so an earlier attempt deleted it and its answer was lost.
        if (problemCode(error) !== "VERSION_NOT_FOUND") throw error;
      });
      show({ deleted: id }, () => `Deleted ${id}.`);
    });
}

async function openFile(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch {
    throw new CliError(EXIT.usage, `${path} cannot be read.`);
  }
}
