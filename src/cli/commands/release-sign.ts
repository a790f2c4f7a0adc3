import type { CatalogCommand } from "../command.ts";
import { CliError, EXIT } from "../errors.ts";
import { confirm } from "../input.ts";
import { showPublication } from "../publish/behind.ts";
import { withAdvice } from "../publish/interruption.ts";
import { namedRelease, releaseIdOf } from "../release-view.ts";
import { draftFolder } from "../sign/draft-file.ts";
import { readExpectedSums } from "../sign/expectation.ts";
import { signRelease } from "../sign/sign.ts";
import { readSecretKey } from "../signing-keys.ts";

type SignOptions = {
  worker?: string;
  signKey: string;
  expect?: string;
  sourceCommit?: string;
  dir?: string;
  yes?: boolean;
};

/** Adds `release sign`, for the holder of the release key. */
export function addSignCommand(release: CatalogCommand): void {
  release
    .command("sign")
    .summary("sign and publish a draft that was uploaded unsigned")
    .description(
      "For the holder of the release key, after release publish --unsigned-draft. Downloads the files of the draft, hashes " +
        "them, shows everything that is signed, and asks. It publishes only if the draft is still the one that was shown.",
    )
    .argument("<version>", "the draft: its version with --worker, worker@version, or its id (rel_...)")
    .requiredOption("--sign-key <file>", "minisign secret key without a password")
    .option("--worker <id>", "the worker, if the draft is named by its version")
    .option("--expect <file>", "the only sums to sign, as sha256sum prints them")
    .option("--source-commit <id>", "the commit of the source tag; default: the repository is asked")
    .option("--dir <folder>", "where the files are downloaded; default: rbee/drafts in the cache folder")
    .option("--yes", "sign without a question")
    .addHelpText(
      "after",
      `
Example:
  $ rbee-catalog release sign 1.4.0 --worker llm-worker-rbee-premium-cuda \\
      --sign-key release-signing.key --expect built-here.sha256`,
    )
    .runAsAdmin(async ({ client, env, show, note }, version: string, options: SignOptions) => {
      const named = options.worker === undefined ? version : `${options.worker}@${version}`;
      const secretKey = await readSecretKey(options.signKey);
      const expected = options.expect === undefined ? null : await readExpectedSums(options.expect);
      const releaseId = await releaseIdOf(client, named);
      const folder = options.dir ?? draftFolder(env, releaseId);
      const published = await withAdvice("Stopped. Run it again to resume: it downloads only the missing parts.", () =>
        signRelease(client, {
          ...{
            releaseId,
            named: namedRelease(named),
            secretKey,
            folder,
            sourceCommit: options.sourceCommit,
            expected,
          },
          confirm: async (review, { worker_id, version: shown }) => {
            if (!options.yes) return confirm(`${review}\n\nSign these files and publish ${worker_id} ${shown}?`, shown);
            note(review);
            return true;
          },
        }),
      );
      if (published === null) throw new CliError(EXIT.failure, "Nothing was signed.");
      showPublication({ show, note }, published);
    });
}
