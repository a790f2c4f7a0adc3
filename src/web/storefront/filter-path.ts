import type { WorkerQuery } from "../../domain/catalog/search.ts";
import { pathWithQuery } from "../page/kit.ts";

/** The address of the list that a query shows, each parameter once and in one order: `/?q=gguf&backend=cuda`. */
export const filterPath = ({ q, operatingSystem, architecture, backend, tier }: WorkerQuery): string =>
  pathWithQuery("/", { q: q?.trim(), platform: operatingSystem, arch: architecture, backend, tier });
