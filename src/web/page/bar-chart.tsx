import type { FC } from "hono/jsx";
import { formatCount } from "./quantity.ts";

const WIDTH = 600;
const HEIGHT = 120;
const GAP = 0.25;

type Props = {
  /** What the chart shows, in a sentence that says the main thing of it. */
  label: string;
  /** The bars from left to right; none negative. */
  bars: readonly { name: string; value: number }[];
};

/** Bars along time. It is a picture of what a table beside it says; each bar tells its value to a pointer. */
export const BarChart: FC<Props> = ({ label, bars }) => {
  const top = Math.max(1, ...bars.map(({ value }) => value));
  const step = WIDTH / Math.max(1, bars.length);
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
      <title>{label}</title>
      {bars.map(({ name, value }, index) => {
        // A day with anything on it can be told from an empty one.
        const height = value === 0 ? 1 : Math.max(3, (value / top) * HEIGHT);
        return (
          <rect
            class={value === 0 ? "none" : undefined}
            x={(index * step).toFixed(2)}
            y={(HEIGHT - height).toFixed(2)}
            width={(step * (1 - GAP)).toFixed(2)}
            height={height.toFixed(2)}
          >
            <title>{`${name}: ${formatCount(value)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
};
