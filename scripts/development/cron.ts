/** How often production runs its cron trigger (wrangler.toml), in milliseconds. */
const PERIOD_MS = 60_000;

/**
 * Fires the Worker's cron trigger every minute until the returned function is called: `wrangler dev` offers the
 * trigger but never pulls it.
 */
export function startCron(url: string): () => void {
  const timer = setInterval(() => {
    fetch(`${url}/cdn-cgi/local/scheduled`, { signal: AbortSignal.timeout(PERIOD_MS / 2) })
      .then((response) => response.body?.cancel())
      .catch((error: unknown) => console.error("The cron trigger could not be fired:", error));
  }, PERIOD_MS);
  return () => clearInterval(timer);
}
