import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "./paths.ts";

/** The program's address in memory. Its one segment is the whole file. */
const BASE = 0x400000;
const HEADERS_SIZE = 64 + 56;
const CODE_SIZE = 94;

const u32 = (value: number): number[] => [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);

/** The first eight characters of an argument: the program compares no more. */
const word = (text: string): number[] => [...Buffer.from(text, "latin1")];

/** `mov esi, address; mov edx, length`: the text for the `write` at the end. */
const select = ({ address, length }: { address: number; length: number }): number[] => [
  ...[0xbe, ...u32(address)],
  ...[0xba, ...u32(length)],
];

/**
 * A static ELF executable for linux-x86_64 that prints `version` for `--version`, `license` for `--license` and `usage`
 * for anything else, and exits with 0. The layout follows the System V ABI (ELF-64 object file format; at entry the
 * stack holds argc, then argv), the calls Linux's own table (1: write, 60: exit).
 */
function sampleExecutable(texts: { version: string; license: string; usage: string }): Buffer {
  const [version, license, usage] = [texts.version, texts.license, texts.usage].map((text) => Buffer.from(text));
  if (!version || !license || !usage) throw new Error("three texts make three buffers");
  let end = BASE + HEADERS_SIZE + CODE_SIZE;
  const place = ({ length }: Buffer): { address: number; length: number } => {
    const address = end;
    end += length;
    return { address, length };
  };
  const [versionAt, licenseAt, usageAt] = [place(version), place(license), place(usage)];

  const code = Buffer.from([
    ...[0x48, 0x8b, 0x44, 0x24, 0x10], // mov rax, [rsp+16]     argv[1], null if there is none
    ...select(usageAt),
    ...[0x48, 0x85, 0xc0], //             test rax, rax
    ...[0x74, 52], //                     jz write
    ...[0x48, 0xb9, ...word("--versio")], // mov rcx, "--versio"
    ...[0x48, 0x39, 0x08], //             cmp [rax], rcx
    ...[0x75, 12], //                     jne license
    ...select(versionAt),
    ...[0xeb, 25], //                     jmp write
    ...[0x48, 0xb9, ...word("--licens")], // license: mov rcx, "--licens"
    ...[0x48, 0x39, 0x08], //             cmp [rax], rcx
    ...[0x75, 10], //                     jne write
    ...select(licenseAt),
    ...[0xb8, ...u32(1), 0xbf, ...u32(1), 0x0f, 0x05], // write: write(1, rsi, rdx)
    ...[0xb8, ...u32(60), 0x31, 0xff, 0x0f, 0x05], //     exit(0)
    ...[0xcc], //                         int3: never reached
  ]);
  if (code.length !== CODE_SIZE) throw new Error(`the code has ${code.length} bytes, not ${CODE_SIZE}`);
  return Buffer.concat([headers(end - BASE), code, version, license, usage]);
}

function headers(fileSize: number): Buffer {
  const bytes = Buffer.alloc(HEADERS_SIZE);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0); // "\x7fELF", 64 bits, little-endian, version 1
  bytes.writeUInt16LE(2, 16); //                      ET_EXEC
  bytes.writeUInt16LE(62, 18); //                     EM_X86_64
  bytes.writeUInt32LE(1, 20); //                      version
  bytes.writeBigUInt64LE(BigInt(BASE + HEADERS_SIZE), 24); // entry point
  bytes.writeBigUInt64LE(64n, 32); //                 program headers follow at once
  bytes.writeUInt16LE(64, 52); //                     size of this header
  bytes.writeUInt16LE(56, 54); //                     size of one program header
  bytes.writeUInt16LE(1, 56); //                      there is one
  bytes.writeUInt32LE(1, 64); //                      PT_LOAD
  bytes.writeUInt32LE(5, 68); //                      readable and executable
  bytes.writeBigUInt64LE(BigInt(BASE), 80); //        virtual and physical address
  bytes.writeBigUInt64LE(BigInt(BASE), 88);
  bytes.writeBigUInt64LE(BigInt(fileSize), 96); //    in the file and in memory
  bytes.writeBigUInt64LE(BigInt(fileSize), 104);
  bytes.writeBigUInt64LE(0x1000n, 112); //            alignment
  return bytes;
}

/**
 * The program in the development server's releases: a real executable of some 35 KiB that says it is a sample. The text
 * of this project's license in it makes it large enough to break off and resume.
 */
export async function sampleWorker({ id, version }: { id: string; version: string }): Promise<Buffer> {
  return sampleExecutable({
    version: `${id} ${version} (sample)\n`,
    license: await readFile(join(PROJECT, "LICENSE"), "utf8"),
    usage: [
      `${id} ${version}: a sample that the development catalog ships in place of the real worker.`,
      "It serves no model. It runs, so its download, check and installation worked.",
      "",
      "  --version   print name and version",
      "  --license   print the license of this sample",
      "  --help      print this",
      "",
    ].join("\n"),
  });
}
