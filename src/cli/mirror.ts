import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CatalogClient, type CatalogRequest } from "./catalog-client.ts";
import { CliError, EXIT } from "./errors.ts";
import { isFileError } from "./files.ts";

/**
 * A client of a copy of the catalog's files: on a web server, or in a folder (`folder` is its path). Nothing that it
 * sends is trusted without a signature. Throws `CliError` (usage) if `text` is neither.
 */
export async function mirrorClient(
  text: string,
  note: (text: string) => void,
): Promise<CatalogClient & { readonly folder?: string }> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && ["http:", "https:"].includes(url.protocol) && url.search === "" && url.hash === "") {
    return new CatalogClient({ url: url.href.replace(/\/+$/, ""), onRetry: note });
  }
  if ((await stat(text).catch(() => null))?.isDirectory()) return new FolderClient(text);
  throw new CliError(EXIT.usage, `"${text}" is neither the URL of a mirror nor a folder.`);
}

/** Reads the files of a folder as a web server would send them. */
class FolderClient extends CatalogClient {
  readonly folder: string;

  constructor(folder: string) {
    super({ url: pathToFileURL(folder).href.replace(/\/+$/, "") });
    this.folder = folder;
  }

  override async send({ path }: CatalogRequest): Promise<Response> {
    const file = fileOf(this.folder, path);
    try {
      return new Response(await readFile(file));
    } catch (error) {
      const isMissing = ["ENOENT", "ENOTDIR", "EISDIR"].some((code) => isFileError(error, code));
      if (!isMissing) throw error;
      throw new CliError(EXIT.notFound, `${file} is missing.`, { cause: error });
    }
  }
}

/** The file of a path below a folder. No part of the path can leave the folder. */
export function fileOf(folder: string, path: string): string {
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (parts.some((part) => part.includes("/") || part === ".." || part.includes("\0"))) {
    throw new CliError(EXIT.integrity, `"${path}" is no file of a catalog.`);
  }
  return join(folder, ...parts);
}
