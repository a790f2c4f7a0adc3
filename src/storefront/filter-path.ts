import type { WorkerQuery } from "../catalog/worker-search.ts";

/** The address of the list that a query shows, each parameter once and in one order: `/?q=gguf&backend=cuda`. */
export function filterPath({ q, operatingSystem, architecture, backend, tier }: WorkerQuery): string {
  const parameters = { q: q?.trim(), platform: operatingSystem, arch: architecture, backend, tier };
  const given = Object.entries(parameters).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return given.length === 0 ? "/" : `/?${new URLSearchParams(given)}`;
}
