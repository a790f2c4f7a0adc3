import { env } from "cloudflare:workers";
import { service } from "../../src/app.ts";
import { repositorySources } from "../../src/domain/catalog/format.ts";
import type { Release } from "../../src/domain/releases/store.ts";
import { publishRepositories } from "../../src/formats/git/repository.ts";
import { currentTime } from "../../src/lib/time.ts";
import { publishRelease } from "./publish-release.ts";

/** `publishRelease`, with the recipe that follows from the release: it is in the repositories afterwards. */
export async function publishRecipe(release: Parameters<typeof publishRelease>[0]): Promise<Release> {
  const published = await publishRelease(release);
  await publishRepositories(env, repositorySources(service.formats), currentTime());
  return published;
}
