import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { createTarDecoder } from "modern-tar";
import type { PackageContents } from "../../domain/releases/package-check.ts";
import { CliError, EXIT } from "../errors.ts";

/** In bytes. Larger than any real `.PKGINFO`; the catalog accepts 32 KiB. */
const MAX_PKGINFO = 256 * 1024;

/**
 * Reads the `.PKGINFO` and the installed paths of a pacman package, in constant memory. The suffix names the
 * compression: `.gz`, `.zst`, or `.xz`, which needs the program xz. Dot files at the top describe the package and are
 * left out. Throws `CliError` if the file is not a complete package.
 */
export async function readPackage(path: string): Promise<PackageContents> {
  try {
    if (path.endsWith(".xz")) return await readXz(path);
    const decompress = path.endsWith(".gz") ? createGunzip() : createZstdDecompress();
    return await pipeline(createReadStream(path), decompress, readTar);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.failure, `${path} cannot be read as a package: ${reason}`, { cause: error });
  }
}

async function readXz(path: string): Promise<PackageContents> {
  const xz = spawn("xz", ["--decompress", "--stdout", "--", path], { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  xz.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const closed = once(xz, "close").catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new Error("the program xz is not installed.") : error;
  });
  const [contents, [status]] = await Promise.all([pipeline(xz.stdout, readTar), closed]);
  if (status !== 0) throw new Error(complaint.trim() || `xz ended with ${status}.`);
  return contents;
}

async function readTar(tar: AsyncIterable<Uint8Array>): Promise<PackageContents> {
  let pkginfo: string | null = null;
  const files: string[] = [];
  for await (const { header, body } of streamOf(tar).pipeThrough(createTarDecoder({ strict: true }))) {
    if (header.name === ".PKGINFO" && header.size <= MAX_PKGINFO) {
      pkginfo = await new Response(body).text();
      continue;
    }
    await body.cancel();
    if (header.name.startsWith(".")) continue;
    files.push(header.type === "directory" ? header.name.replace(/\/*$/, "/") : header.name);
  }
  if (pkginfo === null) throw new Error("there is no .PKGINFO in it.");
  return { pkginfo, files };
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
