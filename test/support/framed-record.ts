import { env } from "cloudflare:workers";
import type { FramedRecord } from "../../src/domain/releases/framing/framing.ts";
import { framedKey } from "../../src/domain/releases/framing/record.ts";
import { currentTime } from "../../src/lib/time.ts";
import { writeEdge } from "../../src/platform/storage/edge-store.ts";

/** Empties the index of a version's framed files in the edge copy, as if another form of index were there. */
export async function spoilIndex(format: string, workerId: string, version: string): Promise<void> {
  const key = framedKey(format, workerId);
  const record = await env.EDGE.get<FramedRecord>(key, "json");
  if (!record) throw new Error(`no record ${key}`);
  const files = record.files.map((file) => (file.version === version ? { ...file, index: {} } : file));
  await writeEdge(env.EDGE, key, { files }, currentTime());
}
