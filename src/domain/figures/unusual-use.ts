import * as z from "zod";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";

/** The number of days in which places are compared, including today. */
export const UNUSUAL_DAYS = 7;

/** The number of countries up to which a week's use is usual. */
const USUAL_COUNTRIES = 3;

/** Use is usual up to this many networks: home, work, phone, a cloud and one more, or half the machine limit. */
const usualNetworks = (machineLimit: number): number => Math.max(5, Math.floor(machineLimit / 2));

/** The number of countries and networks in which a license was used within UNUSUAL_DAYS. */
export type Spread = { countries: number; networks: number; machine_limit: number };

/** Whether a license was used in so many places that its key may have been shared or stolen. */
export const isUnusual = ({ countries, networks, machine_limit }: Spread): boolean =>
  countries > USUAL_COUNTRIES || networks > usualNetworks(machine_limit);

const Row = z.object({
  license_id: z.string(),
  email: z.string(),
  machine_limit: z.number(),
  countries: z.number(),
  networks: z.number(),
  names: z.string().transform((list) => list.split(",")),
});

/** A license with unusual use. `names` are country codes. */
export type UnusualUse = z.output<typeof Row>;

/** Up to `limit` licenses with unusual use in the days up to `now`, the most networks first. Throws D1's errors. */
export async function listUnusualUse(db: D1Database, now: UnixSeconds, limit: number): Promise<UnusualUse[]> {
  const { results } = await db
    .prepare(
      `SELECT license_id, email, machine_limit, countries, networks, names FROM (
         SELECT license_id, count(DISTINCT country) AS countries, count(DISTINCT network) AS networks,
           group_concat(DISTINCT country) AS names
         FROM license_places WHERE last_day >= ?1 GROUP BY license_id HAVING count(*) > ?2
       ) JOIN licenses ON licenses.id = license_id ORDER BY networks DESC, countries DESC, license_id`,
    )
    .bind(startOfDay(now) - (UNUSUAL_DAYS - 1) * DAY, USUAL_COUNTRIES)
    .all();
  return results
    .map((row) => Row.parse(row))
    .filter(isUnusual)
    .slice(0, limit);
}
