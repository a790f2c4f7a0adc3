import type { Worker } from "../workers/workers.ts";
import type { Delivery } from "./decision.ts";

/** The path of a free worker's file that never serves other bytes. */
export const publicPath = ({ id }: Pick<Worker, "id">, { release, artifact }: Delivery): string =>
  `/dl/free/${id}/${encodeURIComponent(release.version)}/${artifact.sha256}/${artifact.filename}`;

/** Whether a delivery has a public address: a free worker's binary or source archive. Packages keep their links. */
export const isPublicFile = ({ tier }: Pick<Worker, "tier">, { artifact }: Pick<Delivery, "artifact">): boolean =>
  tier === "free" && artifact.kind !== "package";
