import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { type EdgeKey, readEdge, writeEdge } from "../../../src/platform/storage/edge-store.ts";

const NOW = 1_800_000_000;

it.each([1, 2, 120])("the edge store reads %i records, whatever the limit of one read of KV", async (size) => {
  const keys = Array.from({ length: size }, (_, index): EdgeKey => `manifest:worker-${index}`);
  await Promise.all(keys.map((key) => writeEdge(env.EDGE, key, { key }, NOW)));
  forgetIsolate();
  const found = await readEdge(env.EDGE, [...keys, "manifest:none"], NOW);
  expect([...found.values()]).toEqual([...keys.map((key) => ({ key })), null]);
});
