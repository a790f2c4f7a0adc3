/**
 * The kinds of processor that a worker computes on. Apart from the table, which needs the recipes, because the command
 * line reads these names as well.
 */
export const BACKENDS = ["cpu", "cuda", "metal", "rocm"] as const;
export type Backend = (typeof BACKENDS)[number];
