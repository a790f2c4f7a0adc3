import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import { type Catalog, catalogIn } from "./running-catalog.ts";

/**
 * The one catalog that suites share. The suites run at the same time. They issue licenses of their own and publish only
 * versions that no other of them looks at. A suite that changes what others read, or the clock, takes `startCatalog`
 * instead.
 */
export async function sharedCatalog(): Promise<Catalog> {
  for (;;) {
    const answer = await fetch(inject("sharedCatalog"));
    const text = await answer.text();
    if (answer.status === 200) return catalogIn(text);
    if (answer.status !== 202) throw new Error(text);
    await sleep(500);
  }
}
