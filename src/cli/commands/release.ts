import { openAsBlob } from "node:fs";
import { rm } from "node:fs/promises";
import { idOfName } from "../../domain/workers/families.ts";
import type { CatalogCommand } from "../command.ts";
import { CliError, EXIT } from "../errors.ts";
import { makeSourceArchive } from "../publish/archive/source-archive.ts";
import { showPublication } from "../publish/behind.ts";
import { withAdvice } from "../publish/interruption.ts";
import { publishRelease } from "../publish/publish.ts";
import { commentOfFile, parsePlatform, readReleaseFile } from "../publish/release-file.ts";
import { withoutRequires } from "../publish/requires-file.ts";
import { makeSignedSource } from "../publish/source.ts";
import { readSecretKey } from "../signing-keys.ts";
import { addReleaseActs } from "./release-acts.ts";
import { addSignCommand } from "./release-sign.ts";

type PublishOptions = {
  worker: string;
  version: string;
  platform?: string;
  channel?: string;
  signKey?: string;
  pgpSig?: string;
  requires?: string;
  notes?: string;
  sourceTag?: string;
  sourceCommit?: string;
  source?: string;
  lockfile?: string;
  provenance?: string;
  unsignedDraft?: boolean;
};

/** Adds `release`, the publisher's commands for versions. */
export function addReleaseCommands(program: CatalogCommand): void {
  const release = program.command("release").description("Publishes and withdraws versions of workers.");

  release
    .command("publish")
    .summary("upload, sign and publish the files of one version")
    .description(
      "Uploads the files of one version: for each platform binaries, packages or both, and the source archive that the " +
        "recipe of a free worker builds (--source). Several binaries of a platform differ in what they need (--requires). " +
        "Publishes the version once the catalog has checked every byte. Run it again to resume after an interruption.",
    )
    .argument(
      "[file...]",
      "binaries and packages; the platform is the end of the name (...-linux-x86_64, ...-x86_64.pkg.tar.zst) " +
        "unless --platform is given",
    )
    .requiredOption("-w, --worker <id>", "the worker, such as llm-worker-rbee-premium-cuda")
    .requiredOption("--version <version>", "semantic version, such as 1.10.0 or 2.0.0-rc.1")
    .option("-p, --platform <platform>", "linux-x86_64, linux-aarch64, macos-aarch64 or windows-x86_64 (one file only)")
    .option("--channel <channel>", "stable, rc, beta or alpha, if it differs from the version's suffix")
    .option("--sign-key <file>", "minisign secret key without a password; default: use FILE.minisig if it exists")
    .option("--pgp-sig <file>", "OpenPGP signature (one file only); default: use FILE.sig if it exists")
    .option(
      "--requires <json>",
      "what the binary needs, as JSON or a file of it (one file only); default: use FILE.requires.json if it exists",
    )
    .option(
      "--provenance <file>",
      "SLSA provenance of the files (.intoto.jsonl, DSSE or Sigstore bundle); can be added later",
    )
    .option("--notes <text>", "the release notes")
    .option(
      "--source-tag <tag>",
      "git tag that the recipe of a free worker builds, such as v1.4.0; --sign-key signs its commit",
    )
    .option("--source-commit <id>", "the tag's commit; default: the repository is asked")
    .option(
      "--source <place>",
      "folder of a git checkout, or https address, with the tag: makes the archive that the recipe builds without GitHub",
    )
    .option("--lockfile <file>", "the Cargo.lock of that archive; default: the commit's, else cargo makes one")
    .option("--unsigned-draft", "upload without a signature and do not publish: release sign does both")
    .addHelpText(
      "after",
      `
Example:
  $ rbee-catalog release publish dist/worker-linux-x86_64 --version 1.4.0 \\
      --worker llm-worker-rbee-premium-cuda --sign-key release-signing.key`,
    )
    .runAsPublisher(async ({ client, env, show, note }, named: string[], options: PublishOptions) => {
      const paths = withoutRequires(named);
      if (options.platform !== undefined && paths.length > 1) {
        throw new CliError(EXIT.usage, "--platform is for one file. For several, end each name with its platform.");
      }
      if (options.pgpSig !== undefined && paths.length > 1) {
        throw new CliError(EXIT.usage, "--pgp-sig is for one file. For several, put FILE.sig beside each.");
      }
      if (options.requires !== undefined && paths.length > 1) {
        throw new CliError(EXIT.usage, "--requires is for one file. For several, put FILE.requires.json beside each.");
      }
      const { unsignedDraft = false } = options;
      if (unsignedDraft && options.signKey !== undefined) {
        throw new CliError(EXIT.usage, "--unsigned-draft takes no --sign-key: the release key signs later.");
      }
      const { version, channel, notes, sourceTag, pgpSig: pgpSignature } = options;
      // The server binds a signature to the full id, so the key signs that also if the variant is given.
      const workerId = idOfName(options.worker);
      if (options.sourceCommit !== undefined && (sourceTag === undefined || options.signKey === undefined)) {
        throw new CliError(EXIT.usage, "--source-commit needs --source-tag, and --sign-key to sign both.");
      }
      const { source: place, lockfile } = options;
      if (place !== undefined && sourceTag === undefined) {
        throw new CliError(EXIT.usage, "--source needs --source-tag: the archive is of that tag.");
      }
      if (lockfile !== undefined && place === undefined) {
        throw new CliError(EXIT.usage, "--lockfile is for the archive that --source makes.");
      }
      if (paths.length === 0 && place === undefined) {
        throw new CliError(EXIT.usage, "Name the files to publish, or the place of the source by --source.");
      }
      const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
      const secretKey = options.signKey === undefined ? null : await readSecretKey(options.signKey);
      const files = [];
      const given = { secretKey, pgpSignature, requires: options.requires, unsigned: unsignedDraft };
      for (const file of paths) {
        files.push(await readReleaseFile(file, { workerId, version, channel, platform, ...given }));
      }
      const wanted =
        sourceTag === undefined ? null : { workerId, version, tag: sourceTag, commit: options.sourceCommit };
      const source = wanted && secretKey ? await makeSignedSource(client, secretKey, wanted, note) : undefined;
      const archive =
        place === undefined || sourceTag === undefined
          ? undefined
          : await makeSourceArchive(
              { workerId, version, source: place, tag: sourceTag, commit: source?.commit, lockfile },
              env,
              note,
            );
      if (archive !== undefined) {
        files.push(
          await readReleaseFile(archive, {
            workerId,
            version,
            channel,
            platform: undefined,
            secretKey,
            unsigned: unsignedDraft,
          }),
        );
      }
      const provenance = options.provenance === undefined ? undefined : await openFile(options.provenance);
      const publication = { workerId, version, channel, notes, sourceTag, source, files, provenance, unsignedDraft };
      const published = await withAdvice("Stopped. Run it again to resume: it sends only the missing parts.", () =>
        publishRelease(client, publication),
      );
      // The catalog has it now. An interrupted run uses it again, because a new lock file makes another archive.
      if (archive !== undefined) await rm(archive, { force: true });
      const { release } = published;
      showPublication({ show, note }, published);
      const attached = release.provenance;
      if (attached?.verified === false) note(`The provenance is attached, and not verified. ${attached.reason ?? ""}`);
      if (release.status !== "draft") return;
      note(
        `Not published yet. The release key signs it: rbee-catalog release sign ${workerId}@${version} --sign-key FILE`,
      );
    });
  addSignCommand(release);

  release
    .command("comment")
    .summary("print the trusted comment that the signature of a file needs")
    .description("Prints the trusted comment that binds a signature to this file of this version, for minisign -S -t.")
    .argument("<file>", "binary or package, as for publish")
    .requiredOption("-w, --worker <id>", "the worker, such as llm-worker-rbee-premium-cuda")
    .requiredOption("--version <version>", "semantic version, such as 1.10.0 or 2.0.0-rc.1")
    .option("-p, --platform <platform>", "if the name does not end with it, as for publish")
    .option("--channel <channel>", "the channel, if you also give it to publish")
    .addHelpText(
      "after",
      `
Example:
  $ minisign -S -s release.key -m dist/worker-linux-x86_64 \\
      -t "$(rbee-catalog release comment dist/worker-linux-x86_64 \\
        --worker llm-worker-rbee-premium-cuda --version 1.4.0)"`,
    )
    .run(async ({ show }, file: string, options: Omit<PublishOptions, "signKey" | "pgpSig">) => {
      const { version, channel } = options;
      const workerId = idOfName(options.worker);
      const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
      const comment = await commentOfFile(file, { workerId, version, platform, channel });
      show({ comment }, (shown) => shown.comment);
    });

  addReleaseActs(release);
}

const openFile = (path: string): Promise<Blob> =>
  openAsBlob(path).catch(() => {
    throw new CliError(EXIT.usage, `${path} cannot be read.`);
  });
