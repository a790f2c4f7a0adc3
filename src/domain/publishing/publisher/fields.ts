import { z } from "@hono/zod-openapi";
import { printable } from "../../../lib/printable.ts";
import { workers } from "../../workers/workers.ts";

/** The refs of a publisher that names none: the tags of versions. A branch must be named. */
export const DEFAULT_REFS: readonly string[] = ["refs/tags/v*"];

const PRINTABLE = "must have no control characters";
const isPrintable = (text: string): boolean => printable(text) === text;

/** The id of a repository or of its owner at the issuer. GitHub's API writes ids as numbers, so both are accepted. */
const IssuerId = z
  .union([z.string().regex(/^[1-9]\d{0,19}$/, "must be a number"), z.int().positive().transform(String)])
  .openapi({ type: "string", example: "1296269" });

export const Repository = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}\/[\w.-]{1,100}$/, "must be OWNER/REPO")
  .openapi({ description: "Its name now, for people. The ids decide.", example: "rbee-dev/llm-worker-rbee" });

/** The path of a workflow. Its file name alone is completed, because GitHub runs workflows of one folder only. */
export const Workflow = z
  .string()
  .trim()
  .transform((text) => (text.includes("/") ? text : `.github/workflows/${text}`))
  .pipe(
    z
      .string()
      .max(200)
      .regex(/^\.github\/workflows\/[^/@]+\.ya?ml$/, "must be a file of .github/workflows, such as release.yml")
      .refine(isPrintable, PRINTABLE),
  )
  .openapi({ description: "Its path, or its file name.", example: ".github/workflows/release.yml" });

export const Environment = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .refine(isPrintable, PRINTABLE)
  .openapi({
    description:
      "The environment that the job must run in. Null: any or none. Name one, and let it ask for a review: without it, everybody who " +
      "may push such a ref can publish.",
    example: "release",
  });

/** A branch or tag by its full name. One `*` stands for any characters but `/`, beside at least one other. */
export const RefPattern = z
  .string()
  .trim()
  .max(200)
  .regex(/^refs\/(heads|tags)\/[^\s~^:?[\\]+$/, "must begin with refs/tags/ or refs/heads/")
  .refine(isPrintable, PRINTABLE)
  .refine((text) => text.split("*").length <= 2, "may have one * only")
  .refine((text) => !/^refs\/\w+\/\*$/.test(text), "must not name every tag or branch")
  .refine((text) => !text.startsWith("refs/heads/gh-readonly-queue/"), "must not name a merge queue")
  .openapi({ example: "refs/tags/v*" });

/** The worker ids that a pattern names. A trailing `*` matches the rest, as in entitlements. */
const named = (pattern: string): string[] =>
  workers
    .filter(({ id, variant }) =>
      pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : [id, variant].includes(pattern),
    )
    .map(({ id }) => id);

/** The worker ids that patterns name now, each once. A worker that is added later belongs to a pattern at once. */
export const workersOf = (patterns: readonly string[]): string[] => [...new Set(patterns.flatMap(named))];

const WorkerPattern = z
  .string()
  .trim()
  .max(100)
  .refine(
    (pattern) => pattern !== "*" && named(pattern).length > 0,
    "must be a worker of the catalog, or the beginning of some and *",
  )
  .transform((pattern) => (pattern.endsWith("*") ? pattern : (named(pattern)[0] ?? pattern)))
  .openapi({
    description: "A worker's id or variant, or the beginning of ids and `*`.",
    example: "llm-worker-rbee-premium-*",
  });

const unique = (texts: string[]): string[] => [...new Set(texts)];

/** A publisher to add, as an owner describes it. */
export const NewPublisher = z
  .object({
    repository: Repository,
    repository_id: IssuerId,
    repository_owner_id: IssuerId,
    workflow: Workflow,
    environment: Environment.nullish().transform((name) => name ?? null),
    refs: z
      .array(RefPattern)
      .min(1)
      .max(10)
      .default([...DEFAULT_REFS])
      .transform(unique),
    worker_ids: z.array(WorkerPattern).min(1).max(50).transform(unique),
  })
  .strict();

export type NewPublisher = z.output<typeof NewPublisher>;
