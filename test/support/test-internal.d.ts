declare module "cloudflare:test-internal" {
  /** Waits for all that the Worker has handed to `waitUntil` so far. */
  export function waitForGlobalWaitUntil(): Promise<void>;
  /** Adds work to that. */
  export function registerGlobalWaitUntil(work: Promise<unknown>): void;
}
