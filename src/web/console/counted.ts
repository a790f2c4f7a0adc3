import { formatCount } from "../page/quantity.ts";

/** How many of something, in words: `1 license`, `2 licenses`. For nouns that take an `s`. */
export const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
