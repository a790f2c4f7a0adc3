import { readFileSync } from "node:fs";

// Node has no import of `.wasm` files as modules that works in all its versions.
export default new WebAssembly.Module(readFileSync(new URL("hashes.wasm", import.meta.url)));
