import * as z from "zod";

/** The schema of `WorkflowRun`, as tokens and releases have it in JSON. */
export const WorkflowRun = z.object({
  /** `OWNER/REPO` at that time. */
  repository: z.string(),
  run_id: z.string(),
  run_attempt: z.string(),
  sha: z.string(),
  ref: z.string(),
  workflow_ref: z.string(),
  environment: z.string().nullable(),
  event: z.string(),
  /** `github-hosted` or `self-hosted`; null: the token did not tell. */
  runner: z.string().nullable(),
});

/** The workflow run that a trusted publisher acts in, as its issuer has signed it. */
export type WorkflowRun = z.output<typeof WorkflowRun>;
