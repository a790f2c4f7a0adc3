import { z } from "@hono/zod-openapi";
import { toRfc3339 } from "../../../lib/time.ts";
import { Timestamp } from "../../../platform/http/schemas.ts";
import { Environment, RefPattern, Repository } from "./fields.ts";
import type { Publisher } from "./store.ts";

const EXAMPLE_ID = "pub_06b4m2v8w5r7q1t3x9z2k4n6p8";

export const PublisherId = z
  .string()
  .regex(/^pub_[0-9a-z]{26}$/, "must be the id of a publisher")
  .openapi({ param: { description: "The publisher's id." }, example: EXAMPLE_ID });

export const PublisherSchema = z
  .object({
    id: z.string().openapi({ example: EXAMPLE_ID }),
    provider: z.literal("github"),
    repository: Repository,
    repository_id: z.string().openapi({ example: "1296269" }),
    repository_owner_id: z.string().openapi({ example: "583231" }),
    workflow: z.string().openapi({ example: ".github/workflows/release.yml" }),
    environment: Environment.nullable(),
    refs: z.array(RefPattern).openapi({ example: ["refs/tags/v*"] }),
    worker_ids: z.array(z.string()).openapi({ example: ["llm-worker-rbee-premium-cuda"] }),
    created_at: Timestamp,
    last_used_at: Timestamp.nullable().openapi({ description: "The last time that a run got a token." }),
    removed_at: Timestamp.nullable().openapi({ example: null }),
  })
  .openapi("Publisher");

/** A publisher as the API shows it. */
export function presentPublisher(publisher: Publisher): z.input<typeof PublisherSchema> {
  const { issuer: _issuer, last_change: _change, created_at, used_at, removed_at, ...facts } = publisher;
  return {
    ...facts,
    created_at: toRfc3339(created_at),
    last_used_at: toRfc3339(used_at),
    removed_at: toRfc3339(removed_at),
  };
}
