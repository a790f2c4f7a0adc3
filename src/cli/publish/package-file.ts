import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";
import { createTarDecoder } from "modern-tar";
import type { PackageContents, PackageRules } from "../../domain/releases/package-format.ts";
import { CliError, EXIT } from "../errors.ts";

/** In bytes. Larger than the description in any real package; the catalog accepts 32 KiB of a `.PKGINFO`. */
const MAX_TEXT = 256 * 1024;

/**
 * Reads the contents of a package that `rules` name, in constant memory. The suffix names the compression: `.gz`,
 * `.zst`, or `.xz`. The program xz unpacks `.xz`, and the program zstd unpacks `.zst` before Node.js 22.15. Dot files
 * at the top describe a package and are not among its installed paths. Throws `CliError` if the file is not a complete
 * package.
 */
export async function readPackage(path: string, rules: PackageRules): Promise<PackageContents> {
  const readContents = (tar: AsyncIterable<Uint8Array>) => readTar(tar, rules);
  try {
    if (path.endsWith(".xz")) return await readWith("xz", path, readContents);
    if (path.endsWith(".gz")) return await pipeline(createReadStream(path), zlib.createGunzip(), readContents);
    // @types/node describes the Node.js of the project. The bundled command also runs on older ones.
    if (typeof zlib.createZstdDecompress !== "function") return await readWith("zstd", path, readContents);
    return await pipeline(createReadStream(path), zlib.createZstdDecompress(), readContents);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.failure, `${path} cannot be read as a package: ${reason}`, { cause: error });
  }
}

type ReadContents = (tar: AsyncIterable<Uint8Array>) => Promise<PackageContents>;

async function readWith(program: "xz" | "zstd", path: string, readContents: ReadContents): Promise<PackageContents> {
  const unpacking = spawn(program, ["--decompress", "--stdout", "--", path], { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  unpacking.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const closed = once(unpacking, "close").catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new Error(`the program ${program} is not installed.`) : error;
  });
  const [contents, [status]] = await Promise.all([pipeline(unpacking.stdout, readContents), closed]);
  if (status !== 0) throw new Error(complaint.trim() || `${program} ended with ${status}.`);
  return contents;
}

async function readTar(tar: AsyncIterable<Uint8Array>, { contents }: PackageRules): Promise<PackageContents> {
  const texts = new Map<string, string>();
  const paths: string[] = [];
  const wanted = new Set(Object.values(contents).flatMap((member) => ("text" in member ? [member.text] : [])));
  for await (const { header, body } of streamOf(tar).pipeThrough(createTarDecoder({ strict: true }))) {
    if (wanted.has(header.name) && header.size <= MAX_TEXT) {
      texts.set(header.name, await new Response(body).text());
      continue;
    }
    await body.cancel();
    if (header.name.startsWith(".")) continue;
    paths.push(header.type === "directory" ? header.name.replace(/\/*$/, "/") : header.name);
  }
  const missing = [...wanted].find((name) => !texts.has(name));
  if (missing !== undefined) throw new Error(`there is no ${missing} in it.`);
  return Object.fromEntries(
    Object.entries(contents).map(([name, member]) => [name, "text" in member ? (texts.get(member.text) ?? "") : paths]),
  );
}

function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}
