import { exports } from "cloudflare:workers";

/** Asks the Worker for a path as a browser does, without following redirects. */
export const askPage = (path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(`https://catalog.test${path}`, {
    redirect: "manual",
    ...init,
    headers: { Accept: "text/html", ...init.headers },
  });
