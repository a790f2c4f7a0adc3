import { env } from "cloudflare:workers";
import { publishRepositories } from "../../src/git/repository-publication.ts";
import type { Release } from "../../src/releases/release-store.ts";
import { currentTime } from "../../src/time.ts";
import { publishRelease } from "../releases/publish-release.ts";

/** `publishRelease`, with the recipe that follows from the release: it is in the repositories afterwards. */
export async function publishRecipe(release: Parameters<typeof publishRelease>[0]): Promise<Release> {
  const published = await publishRelease(release);
  await publishRepositories(env, currentTime());
  return published;
}
