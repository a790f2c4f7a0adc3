import { z } from "@hono/zod-openapi";
import { currentTime } from "../../../lib/time.ts";
import { Problem } from "../../../platform/http/problem.ts";
import type { AppContext } from "../../../platform/http/router.ts";
import { REPOSITORIES } from "../repositories.ts";
import type { RepositoryRecord } from "../record.ts";
import type { readRepository } from "../repository-store.ts";

/** The path parameter that names a repository. */
export const RepositoryParams = z.object({
  repository: z.string().openapi({
    param: { description: "A worker's id or `homebrew-rbee`, with `.git` behind it or not." },
    example: "llm-worker-rbee-cpu.git",
  }),
});

/** The repository's name that a path gives. Throws NOT_FOUND for one that there is not. */
export function repositoryName(c: AppContext, given: string): string {
  const name = given.replace(/\.git$/, "");
  if (REPOSITORIES.includes(name)) return name;
  throw new Problem({ code: "NOT_FOUND", detail: `There is no ${c.req.method} ${c.req.path} here.` });
}

/** The record of the repository that a path gives, as `read` has it. Throws NOT_FOUND. */
export async function wantedRepository(
  c: AppContext,
  given: string,
  read: typeof readRepository,
): Promise<RepositoryRecord> {
  const name = repositoryName(c, given);
  const record = await read(c.env, name, currentTime());
  if (record) return record;
  throw new Problem({ code: "NOT_FOUND", detail: `${name} holds nothing yet.` });
}
