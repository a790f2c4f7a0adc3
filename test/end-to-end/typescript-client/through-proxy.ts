import type { Fate, FlakyProxy } from "../flaky-proxy.ts";

/** A `fetch` that reaches the catalog at `origin` by a proxy, which the client does not see. */
export const through =
  (proxy: FlakyProxy, origin: string): typeof fetch =>
  async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await fetch(url.href.replace(origin, proxy.url), init);
    // Without the address of the proxy.
    return new Response(response.body, response);
  };

/** The fates of the requests for bytes, in their order; later ones pass, as all other requests do. */
export function fatesOfBytes(...fates: Fate[]): FlakyProxy["fate"] {
  return (_method, path) => (/^\/dl\/[^/]+$/.test(path) ? (fates.shift() ?? "pass") : "pass");
}
