import { workers } from "../workers/workers.ts";
import { type Grant, grantsWorker } from "./grant.ts";

/** The id of the first worker that a license opens, for its install line; null if it opens none. */
export const openedWorker = (license: Pick<Grant, "entitlements">): string | null =>
  workers.find(({ id }) => grantsWorker(license, id))?.id ?? null;
