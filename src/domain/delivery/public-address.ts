import type { Worker } from "../workers/workers.ts";
import type { Delivery } from "./decision.ts";

/** The path of a free worker's binary that never serves other bytes. */
export const publicPath = ({ id }: Pick<Worker, "id">, { release, artifact }: Delivery): string =>
  `/dl/free/${id}/${encodeURIComponent(release.version)}/${artifact.sha256}/${artifact.filename}`;

/** Whether a delivery has a public address: the binary of a free worker. pacman's packages keep their signed links. */
export const isPublicFile = ({ tier }: Pick<Worker, "tier">, { artifact }: Pick<Delivery, "artifact">): boolean =>
  tier === "free" && artifact.kind === "binary";
