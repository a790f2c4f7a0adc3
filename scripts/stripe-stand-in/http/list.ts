import type Stripe from "stripe";
import { missing, refused } from "../api-error.ts";

export type Paging = {
  limit?: number | undefined;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
};

/** A list that holds everything there is, as objects embed it. */
export const wholeList = <T>(data: T[], url: string): Stripe.ApiList<T> => ({
  object: "list",
  data,
  has_more: false,
  url,
});

/** One page of objects given in the order in which they were made: newest first, 10 unless asked otherwise, at most 100. */
export function pageOf<T extends { id: string }>(made: readonly T[], paging: Paging, url: string): Stripe.ApiList<T> {
  const { limit = 10, starting_after: after, ending_before: before } = paging;
  if (limit < 1 || limit > 100) throw refused("Invalid limit: it must be from 1 to 100.", undefined, "limit");
  const newestFirst = made.toReversed();
  const indexOf = (id: string, param: string): number => {
    const index = newestFirst.findIndex((each) => each.id === id);
    if (index < 0) throw missing("object", id, param);
    return index;
  };
  const end = before === undefined ? newestFirst.length : indexOf(before, "ending_before");
  const start = after === undefined ? 0 : indexOf(after, "starting_after") + 1;
  // Paging backwards gives the page that ends there, not the first one.
  const from = before === undefined ? start : Math.max(start, end - limit);
  const data = newestFirst.slice(from, Math.min(from + limit, end));
  const has_more = before === undefined ? from + data.length < end : from > start;
  return { object: "list", data, has_more, url };
}
