import * as z from "zod";

/** Where a request came from, as far as it is kept: a country (ISO 3166-1, or the platform's `T1`, `XX`) and a network's AS number (0: unknown). */
export const Place = z.object({ country: z.string().max(2), network: z.int().min(0) });
export type Place = z.infer<typeof Place>;

/** What the platform says of a request's origin (`request.cf`). */
const Origin = z.object({ country: z.string().max(2), asn: z.int().min(0).catch(0) });

/**
 * Where a request came from, or null where the platform does not say (tests, development). Country and network are what tells one
 * user of a license from many; an address, which would tell one person from another, is not looked at.
 */
export function placeOf(request: { readonly cf?: unknown }): Place | null {
  const origin = Origin.safeParse(request.cf);
  return origin.success ? { country: origin.data.country, network: origin.data.asn } : null;
}
