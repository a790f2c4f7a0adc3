import type { Place } from "./message.ts";

/**
 * The place of a request by Cloudflare's `request.cf`, or null if the platform does not tell it (tests, development).
 * Country and network suffice to tell one user of a license from many. The address is not used, because it identifies a
 * person. Written without a schema, because each download asks for it.
 */
export function placeOf({ cf }: { readonly cf?: unknown }): Place | null {
  if (typeof cf !== "object" || cf === null || !("country" in cf)) return null;
  const { country } = cf;
  if (typeof country !== "string" || country.length > 2) return null;
  const asn = "asn" in cf ? cf.asn : null;
  return { country, network: typeof asn === "number" && Number.isInteger(asn) && asn >= 0 ? asn : 0 };
}
