import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { registerGlobalWaitUntil } from "cloudflare:test-internal";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";

type Init = RequestInit<IncomingRequestCfProperties>;

/**
 * Sends a request to the whole Worker and returns its answer; redirects are not followed. It runs in the test's own
 * I/O context. `exports.default.fetch` makes a request to the runner for each of its own, to import the Worker. In a
 * file with hundreds of requests workerd now and then never answers one of those, and the run stops.
 */
export async function askWorker(input: string | URL, init?: Init): Promise<Response> {
  const context = createExecutionContext();
  const response = await worker.fetch(new Request(input, { redirect: "manual", ...init }), env, context);
  registerGlobalWaitUntil(waitOnExecutionContext(context));
  return response;
}
