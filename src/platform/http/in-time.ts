import type { RequestScope } from "./router.ts";

/**
 * The value of `work`, or `otherwise` if it fails or takes longer than `milliseconds`. For optional parts of a page.
 * Late work continues after the response, so that the next request finds its result cached. `work` logs its own
 * failure.
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
