import { currentTime } from "../../lib/time.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import type { Worker } from "../workers/workers.ts";
import { readDeliveryFacts } from "./facts.ts";
import { selectProvenance } from "./provenance.ts";

/** How in-toto names the bundle of attestations about a file, after the file's own name. */
const SUFFIX = ".intoto.jsonl";

/** The file that a name asks for the provenance of, or null for a name that asks for something else. */
export const attestedFile = (name: string): string | null =>
  name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : null;

/** The path of the provenance of a worker's file, for anybody. Throws the problem where there is none. */
export async function pathOfProvenance(
  c: RequestScope,
  worker: Worker,
  version: string,
  filename: string,
): Promise<string> {
  const { manifest } = await readDeliveryFacts(c.env, worker.id, null, currentTime());
  const selected = selectProvenance(manifest, version, filename);
  if (!selected.ok) throw new Problem(selected.error);
  return `/v1/workers/${worker.id}/${selected.value.release.version}/provenance`;
}
