import type { RequestScope } from "./router.ts";

/**
 * What `work` gives, or `otherwise` if it fails or takes longer than `milliseconds`: for what a page is better with and can do
 * without. Late work goes on after the response, so that what it caches is there the next time. It reports its own failure.
 */
export async function inTime<Value>(
  c: Pick<RequestScope, "executionCtx">,
  work: Promise<Value>,
  milliseconds: number,
  otherwise: Value,
): Promise<Value> {
  const settled = work.catch(() => otherwise);
  c.executionCtx.waitUntil(settled);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Value>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), milliseconds);
  });
  const value = await Promise.race([settled, late]);
  clearTimeout(timer);
  return value;
}
