import { join } from "node:path";
import wabt from "wabt";
import { BLAKE2B_INITIAL, blake2bFunction } from "./blake2b.ts";
import { SHA256_INITIAL, sha256Function } from "./sha256.ts";

/** The committed module. */
export const MODULE_PATH: string = join(import.meta.dirname, "../../src/lib/hash/hashes.wasm");

/** In 64 KiB pages: one for the states, four for the input. */
const PAGES = 5;
const BLAKE2B_STATE = 0;
const SHA256_STATE = 64;

/** The module in WebAssembly's text format. src/lib/hash/stream-hash.ts repeats the places in its memory. */
export const moduleText = (): string =>
  [
    `(module (memory (export "memory") ${PAGES} ${PAGES})`,
    `(data (i32.const ${BLAKE2B_STATE}) "${BLAKE2B_INITIAL}")`,
    `(data (i32.const ${SHA256_STATE}) "${SHA256_INITIAL}")`,
    blake2bFunction(BLAKE2B_STATE),
    `${sha256Function(SHA256_STATE)})`,
  ].join("\n");

/** The bytes of the module. The same text and version of wabt always give the same bytes. Throws if it is not valid. */
export async function buildModule(): Promise<Uint8Array> {
  const module = (await wabt()).parseWat("hashes.wat", moduleText());
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
