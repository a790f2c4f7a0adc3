import { z } from "@hono/zod-openapi";
import type { Verification } from "./claims.ts";

/** Whether a provenance is verified, and the run that signed it. */
export const BuiltBy = z.object({
  verified: z.boolean().openapi({
    description:
      "Whether the catalog has verified the signatures and the signer, who is a publisher of the worker if any is named.",
  }),
  reason: z.string().nullable().openapi({ description: "Why it is not verified." }),
  repository: z.string().nullable().openapi({ example: "https://github.com/rbee-keeper/rbee" }),
  workflow: z.string().nullable().openapi({ example: ".github/workflows/release.yml" }),
  ref: z.string().nullable().openapi({ example: "refs/tags/v1.10.0" }),
  commit: z.string().nullable().openapi({ example: "2a1e0c5b7d3f4e6a8b9c0d1e2f3a4b5c6d7e8f90" }),
  run: z.string().nullable().openapi({ example: "https://github.com/rbee-keeper/rbee/actions/runs/123456/attempts/1" }),
});

/** The verification of a provenance as the API shows it: null for one from before provenance was verified. */
export function presentVerification(verification: Verification | null): z.input<typeof BuiltBy> {
  const { verified, reason, claims } = verification ?? UNVERIFIED;
  const { repository, workflow, ref, commit, run } = claims ?? NO_CLAIMS;
  return { verified, reason, repository, workflow, ref, commit, run };
}

const UNVERIFIED: Verification = {
  verified: false,
  reason: "It was attached before the catalog verified provenance. Attach it again to have it verified.",
  claims: null,
};
const NO_CLAIMS = { repository: null, workflow: null, ref: null, commit: null, run: null };
