export { BACKENDS, type Backend } from "./table.ts";
