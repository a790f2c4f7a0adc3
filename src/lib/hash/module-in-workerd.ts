export { default } from "./hashes.wasm";
