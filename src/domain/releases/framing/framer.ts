import { logFailure } from "../../../lib/log.ts";
import { type Config, configOf } from "../../../platform/config/config.ts";
import { sellerOf } from "../../../platform/config/seller.ts";
import { findWorker } from "../../workers/workers.ts";
import { type Artifact, readRelease } from "../store.ts";
import { framedFacts, framedPlatform, framingsFor, type Publishing } from "./facts.ts";
import type { Framing } from "./framing.ts";
import { readImageBase } from "./image-base-store.ts";
import type { PackageSigner } from "./signer.ts";
import { beginSummation, type SavedSummation, type Summation } from "./summation.ts";

/** The parts that packages are framed with: the formats' framings, the signer, and the texts of documents. */
export type Framer = {
  framings: readonly Framing[];
  signer: () => Promise<PackageSigner> | PackageSigner;
  publishing: () => Promise<Publishing>;
};

/** Frames nothing. */
export const NO_FRAMER: Framer = {
  framings: [],
  signer: () => Promise.reject(new Error("there is no signer")),
  publishing: () => Promise.reject(new Error("there are no documents")),
};

/**
 * The framer of a deployment, for the framings of its `formats`. Throws `ConfigError` for an unreadable configuration.
 */
export function framerOf(env: Env, formats: readonly { framing?: Framing }[]): Framer {
  const config = configOf(env);
  return {
    framings: formats.flatMap(({ framing }) => framing ?? []),
    signer: async () => (await import("./package-signer.ts")).packageSigner(config),
    publishing: () => publishingOf(config),
  };
}

/** The texts of a configuration. The license is evaluated here, because most isolates frame nothing. */
const publishingOf = async (config: Config): Promise<Publishing> => ({
  origin: config.PUBLIC_URL,
  seller: sellerOf(config),
  freeLicense: (await import("../../../../LICENSE")).default,
});

/**
 * Begins the sums of an artifact's packages, or goes on with them (`beginSummation`). `signature` is the one that the
 * check verifies. Null if no framing serves the file, or if the facts cannot be made, which is logged. Throws D1's
 * errors, and VERSION_NOT_FOUND.
 */
export async function summationOf(
  db: D1Database,
  framer: Framer,
  artifact: Artifact,
  signature: string | null,
  resumed: { saved: SavedSummation | null; at: number } = { saved: null, at: 0 },
): Promise<Summation | null> {
  const platform = framedPlatform(artifact);
  if (platform === null || framingsFor(framer.framings, platform).length === 0) return null;
  const release = await readRelease(db, artifact.release_id);
  const worker = findWorker(release.worker_id);
  if (worker === null) return null;
  const about = { artifact_id: artifact.id };
  const base = await readImageBase(db, worker.backend, platform);
  try {
    const facts = framedFacts(worker, release, { ...artifact, platform, signature }, await framer.publishing(), base);
    return await beginSummation(framer.framings, facts, framer.signer, about, resumed);
  } catch (error) {
    logFailure("framing.failed", error, { ...about, format: "all" });
    return null;
  }
}
