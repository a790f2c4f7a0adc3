import * as z from "zod";
import keyFile from "../../../../keys/sigstore-trusted-roots.jsonl";
import { onceResolved } from "../../../lib/isolate.ts";
import type { Result } from "../../../lib/result.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { Claims } from "./claims.ts";
import { provenSigner, type VerifyBundle } from "./signer.ts";
import type { ProvenancePolicy } from "./verification.ts";

/** The part of the configuration that decides on provenance. */
export type ProvenanceConfig = Pick<Config, "PROVENANCE_REQUIRED" | "PROVENANCE_TRUSTED_ROOTS">;

/**
 * The verifier of bundles with the trusted roots of `keys/sigstore-trusted-roots.jsonl`, and in development with those
 * of PROVENANCE_TRUSTED_ROOTS. It loads the verification with the first use, because few requests need it.
 */
const verifierOf = onceResolved(
  async ({ PROVENANCE_TRUSTED_ROOTS }: Pick<Config, "PROVENANCE_TRUSTED_ROOTS">): Promise<VerifyBundle> => {
    const { readTrustedRoots, verifyBundle } = await import("./sigstore.ts");
    const instances = readTrustedRoots(`${keyFile}\n${PROVENANCE_TRUSTED_ROOTS}`);
    return (document) => verifyBundle(instances, document);
  },
);

/** The claims of the run that signed a provenance. The error is the reason for a person. */
export const signerOf = async (text: string, config: ProvenanceConfig): Promise<Result<Claims, string>> =>
  provenSigner(text, await verifierOf(config));

const PublisherRow = z.object({
  repository_id: z.string(),
  repository_owner_id: z.string(),
  workflow: z.string(),
  refs: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(z.array(z.string())),
});

/** The policy for the provenance of a worker: the publishers in force that owners have named. Throws D1's errors. */
export async function readProvenancePolicy(
  db: D1Database,
  { PROVENANCE_REQUIRED }: Pick<Config, "PROVENANCE_REQUIRED">,
  workerId: string,
): Promise<ProvenancePolicy> {
  const { results } = await db
    .prepare(
      `SELECT repository_id, repository_owner_id, workflow, refs FROM publishers WHERE removed_at IS NULL AND EXISTS (
         SELECT 1 FROM json_each(worker_ids)
         WHERE value = ?1 OR (substr(value, -1) = '*' AND substr(?1, 1, length(value) - 1) = substr(value, 1, length(value) - 1)))`,
    )
    .bind(workerId)
    .all();
  return {
    publishers: results.map((row) => PublisherRow.parse(row)),
    required: PROVENANCE_REQUIRED.some((pattern) =>
      pattern.endsWith("*") ? workerId.startsWith(pattern.slice(0, -1)) : pattern === workerId,
    ),
  };
}
