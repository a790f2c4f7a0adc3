import * as z from "zod";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";

/** How many days are looked at, today included. */
export const UNUSUAL_DAYS = 7;

/** More countries than a person travels through in a week. */
const USUAL_COUNTRIES = 3;

/** Home, work, telephone, a cloud and one more; a license for many machines may use half as many networks. */
const usualNetworks = (machineLimit: number): number => Math.max(5, Math.floor(machineLimit / 2));

/** From how many places the credentials of a license were used within UNUSUAL_DAYS. */
export type Spread = { countries: number; networks: number; machine_limit: number };

/** Whether a license is used from so many places that its key may have been passed on or stolen. */
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

/** A license with unusual use; `names` are the codes of the countries. */
export type UnusualUse = z.output<typeof Row>;

/** Up to `limit` licenses with unusual use in the days up to `now`, the widest spread first. Throws what D1 throws. */
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
