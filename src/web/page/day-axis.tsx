import type { Child, FC } from "hono/jsx";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";

/** Of the days under a chart: a year back at most, so that the year need not be said. */
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** What stands under a chart along days: when it begins and ends and, between them, how high it is. */
export const DayAxis: FC<{ days: readonly UnixSeconds[]; children?: Child }> = ({ days, children }) => {
  const [first, last] = [days.at(0), days.at(-1)].map((day) =>
    day === undefined ? null : <time datetime={toRfc3339(day)}>{SHORT.format(day * 1000)}</time>,
  );
  return (
    <p class="axis quiet">
      {first}
      <span>{children}</span>
      {last}
    </p>
  );
};
