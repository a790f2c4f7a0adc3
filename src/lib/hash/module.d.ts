/** The compiled hashes.wasm. `imports` in package.json chooses the file that loads it, by the runtime. */
declare const hashes: WebAssembly.Module;
export default hashes;
