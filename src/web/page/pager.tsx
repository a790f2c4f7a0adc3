import type { FC } from "hono/jsx";

/** Links through a list that pages by cursor: to its beginning, unless this is it (null), and to what follows, if anything. */
export const Pager: FC<{ first: string | null; next: string | null }> = ({ first, next }) =>
  first === null && next === null ? null : (
    <nav class="pager" aria-label="Pages">
      {first === null ? null : <a href={first}>Back to the beginning</a>}
      {next === null ? null : (
        <a href={next} rel="next">
          More
        </a>
      )}
    </nav>
  );
