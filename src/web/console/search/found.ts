import type { License } from "../../../domain/licensing/license/record.ts";
import { searchLicenses } from "../../../domain/licensing/license/search.ts";
import { listOrders } from "../../../domain/money/orders.ts";
import { type OrderView, orderView } from "../../../domain/money/view.ts";
import { listReleasesNamed, type Release } from "../../../domain/releases/store.ts";
import { type ConsoleContext, may } from "../frame.tsx";
import { licensePath } from "../license/words.tsx";
import { orderPath } from "../money/words.tsx";
import { releasePath } from "../release/list.tsx";

/** The most entries of each kind that a search shows. Its lists have the others. */
export const MOST_OF_A_KIND = 10;

/** The finds of a search, newest first, of the kinds that the admin may see; one more if there are more. */
export type Found = { licenses: License[]; orders: OrderView[]; releases: Release[] };

/**
 * Finds licenses and orders as their lists do, and releases by their id or by words of `worker version`. A machine's id
 * or fingerprint hash finds its license. Throws D1's errors.
 */
export async function findEverywhere(c: ConsoleContext, q: string): Promise<Found> {
  const { DB } = c.env;
  const limit = MOST_OF_A_KIND + 1;
  const [licenses, orders, releases] = await Promise.all([
    may(c, "licenses:read") ? searchLicenses(DB, { q }, limit, c.var.now) : [],
    may(c, "money:read") ? listOrders(DB, { q }, limit, c.var.now) : [],
    may(c, "releases:read") ? listReleasesNamed(DB, q, c.var.admin.workers, limit) : [],
  ]);
  return { licenses, orders: orders.map((order) => orderView(order, c.var.config.LIVEMODE)), releases };
}

/** The page of the only thing that was found, or of the one license, whose orders were found by it; else null. */
export function onlyPage({ licenses, orders, releases }: Found): string | null {
  const [license, anotherLicense] = licenses;
  const [release, anotherRelease] = releases;
  if (license && !anotherLicense && !release) {
    return orders.every(({ license_id }) => license_id === license.id) ? licensePath(license.id) : null;
  }
  if (release && !anotherRelease && !license && orders.length === 0) return releasePath(release.id);
  const [order, anotherOrder] = orders;
  return order && !anotherOrder && !license && !release ? orderPath(order.id) : null;
}
