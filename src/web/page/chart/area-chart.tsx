import type { FC } from "hono/jsx";
import { formatCount } from "../format.tsx";

const WIDTH = 600;
const HEIGHT = 120;
/** Space for the stroke at the top. */
const HEADROOM = 4;

type Props = {
  /** The chart's main message in a sentence, for screen readers. */
  label: string;
  /** The points from left to right; no value is negative. `at` is the place along the axis, from 0 to 1. */
  points: readonly { at: number; name: string; value: number }[];
};

/** A level over time as an area from zero up. A table beside it must hold the same numbers. */
export const AreaChart: FC<Props> = ({ label, points }) => {
  const top = Math.max(1, ...points.map(({ value }) => value));
  const placed = points.map(({ at, value }) => ({
    x: (at * WIDTH).toFixed(2),
    y: (HEIGHT - (value / top) * (HEIGHT - HEADROOM)).toFixed(2),
  }));
  const line = placed.map(({ x, y }) => `${x},${y}`).join(" ");
  const [first, last] = [placed.at(0), placed.at(-1)];
  return (
    <svg class="area" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
      <title>{label}</title>
      {first && last ? (
        <>
          <polygon points={`${first.x},${HEIGHT} ${line} ${last.x},${HEIGHT}`} />
          <polyline points={line} vector-effect="non-scaling-stroke" />
        </>
      ) : null}
      {points.map(({ name, value }, index) => {
        const x = Number(placed[index]?.x ?? 0);
        const next = Number(placed[index + 1]?.x ?? WIDTH);
        return (
          <rect class="touch" x={x.toFixed(2)} width={Math.max(0, next - x).toFixed(2)} height={HEIGHT}>
            <title>{`${name}: ${formatCount(value)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
};
