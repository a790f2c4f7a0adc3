/**
 * Whether a request is one that another site could have made somebody's browser send. What rides on a cookie may change
 * nothing then: without this check any page could act as whoever looks at it. Reading is safe: no other origin may see the
 * answer. `Origin: null` alone is anybody's, but a browser that is set to give no referrer sends it with our own forms, too
 * (Fetch, "append a request Origin header"): beside `Sec-Fetch-Site: same-origin` it is ours. Clients that send neither
 * header are not browsers and hold no cookie of somebody else's.
 */
export function isCrossSiteChange(request: Request): boolean {
  if (["GET", "HEAD", "OPTIONS"].includes(request.method)) return false;
  const site = request.headers.get("Sec-Fetch-Site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = request.headers.get("Origin");
  return origin !== null && origin !== new URL(request.url).origin && !(origin === "null" && site !== null);
}
