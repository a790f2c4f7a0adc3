declare module "cloudflare:test-internal" {
  /** Waits for all that the Worker has handed to `waitUntil` so far. */
  export function waitForGlobalWaitUntil(): Promise<void>;
}
