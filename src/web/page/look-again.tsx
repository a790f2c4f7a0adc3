import type { FC } from "hono/jsx";

/** The address of the page that it stands on, whatever that is (URL Standard, an empty input with a base). */
const THIS_PAGE = "";

/**
 * The end of a page that waits for something: a link to look again, and where there is script, the page does so by itself. It
 * changes only when there is news: a page that reloaded every few seconds would interrupt whoever has it read aloud (WCAG
 * 2.2.1).
 */
export const LookAgain: FC<{ seconds: number }> = ({ seconds }) => (
  <p class="row">
    <a class="button secondary" href={THIS_PAGE}>
      Look again
    </a>
    <span class="quiet" data-look-again={String(seconds)} hidden>
      This page looks again by itself every {seconds} seconds.
    </span>
  </p>
);
