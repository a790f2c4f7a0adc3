import * as z from "zod";
import type { CatalogRequest } from "./catalog-client.ts";
import type { CatalogCommand, Context } from "./command.ts";
import { CliError, EXIT, problemCode } from "./errors.ts";
import { formatList } from "./output.ts";

/** The options of an act that shows its consequences first. */
export type ConsentOptions = { yes?: true; dryRun?: true };

const Preview = z.looseObject({ about: z.string(), consequences: z.array(z.string()) });

/** Adds the options of an act that shows its consequences first. */
export const withConsent = (command: CatalogCommand): CatalogCommand =>
  command
    .option("-y, --yes", "go on without a question")
    .option("-n, --dry-run", "show the consequences and change nothing");

/** An act that a person agrees to. */
type Act = {
  /** The place of its preview at the catalog. */
  preview: Pick<CatalogRequest, "path" | "query">;
  /** The act as a question: `Block it?` */
  question: string;
  /** Whether nothing brings back what it takes away. Without a terminal such an act needs `--yes`. */
  isFinal: boolean;
};

/**
 * Whether to carry an act out. With `--dry-run` it prints the preview, and answers false. On a terminal it shows the
 * preview and asks. Preview and act are decided by the same function of the catalog. Throws `CliError`: usage, before
 * any request, if nobody can be asked about a final act; failure if the person does not agree; and the catalog's
 * refusal of the act.
 */
export async function agreed(context: Context, act: Act, { yes, dryRun }: ConsentOptions): Promise<boolean> {
  const { client, ask, note, show } = context;
  if (dryRun) {
    show(await client.json(Preview, act.preview), formatPreview);
    return false;
  }
  if (yes) return true;
  if (ask === null) {
    if (!act.isFinal) return true;
    throw new CliError(
      EXIT.usage,
      "This cannot be undone, and there is no terminal to ask on. Add --yes to go on, or --dry-run to see the consequences.",
    );
  }
  note(formatPreview(await readPreview(context, act)));
  const answer = await ask(`${act.question} Type yes to agree: `);
  if (answer.trim().toLowerCase() === "yes") return true;
  throw new CliError(EXIT.failure, "Nothing was changed.");
}

/** The preview. An older catalog has none: then a person decides without it, by `--yes`. */
async function readPreview({ client }: Context, { preview }: Act): Promise<z.infer<typeof Preview>> {
  try {
    return await client.json(Preview, preview);
  } catch (error) {
    if (problemCode(error) !== "NOT_FOUND" || preview.path.includes("/machines/")) throw error;
    throw new CliError(
      EXIT.failure,
      "This catalog is older than the command and cannot show the consequences. Add --yes to go on without.",
      { cause: error },
    );
  }
}

const formatPreview = ({ about, consequences }: z.infer<typeof Preview>): string =>
  `${about}\n${formatList(consequences)}`;
