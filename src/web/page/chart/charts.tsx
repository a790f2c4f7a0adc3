import type { Child, FC } from "hono/jsx";
import { formatCount } from "../format.tsx";
import { DataTable } from "../table.tsx";
import { type Series, total } from "./series.ts";

const WIDTH = 600;

/** A chart's main message in a sentence, for screen readers. A table beside the chart must hold the same numbers. */
type Labeled = { label: string };

type PlotProps = Labeled & { kind: string; height?: number; children?: Child };

/** The drawing area of a chart. It is stretched to the width of its column. */
const Plot: FC<PlotProps> = ({ kind, label, height = HEIGHT, children }) => (
  <svg class={kind} viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={label} preserveAspectRatio="none">
    <title>{label}</title>
    {children}
  </svg>
);

const HEIGHT = 120;

type BarProps = Labeled & {
  /** The bars from left to right; no value is negative. */
  bars: readonly { name: string; value: number }[];
};

/** Bars over time. Each bar shows its value on hover. */
export const BarChart: FC<BarProps> = ({ label, bars }) => {
  const top = Math.max(1, ...bars.map(({ value }) => value));
  const step = WIDTH / Math.max(1, bars.length);
  return (
    <Plot kind="chart" label={label}>
      {bars.map(({ name, value }, index) => {
        // A day with a small value still looks different from an empty day.
        const height = value === 0 ? 1 : Math.max(3, (value / top) * HEIGHT);
        return (
          <rect
            class={value === 0 ? "none" : undefined}
            x={(index * step).toFixed(2)}
            y={(HEIGHT - height).toFixed(2)}
            width={(step * 0.75).toFixed(2)}
            height={height.toFixed(2)}
          >
            <title>{`${name}: ${formatCount(value)}`}</title>
          </rect>
        );
      })}
    </Plot>
  );
};

/** Space for the stroke at the top of an area. */
const HEADROOM = 4;

type AreaProps = Labeled & {
  /** The points from left to right; no value is negative. `at` is the place along the axis, from 0 to 1. */
  points: readonly { at: number; name: string; value: number }[];
};

/** A level over time as an area from zero up. */
export const AreaChart: FC<AreaProps> = ({ label, points }) => {
  const top = Math.max(1, ...points.map(({ value }) => value));
  const placed = points.map(({ at, value }) => ({
    x: (at * WIDTH).toFixed(2),
    y: (HEIGHT - (value / top) * (HEIGHT - HEADROOM)).toFixed(2),
  }));
  const line = placed.map(({ x, y }) => `${x},${y}`).join(" ");
  const [first, last] = [placed.at(0), placed.at(-1)];
  return (
    <Plot kind="area" label={label}>
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
    </Plot>
  );
};

const STACK_HEIGHT = 140;
const STACK_GAP = 0.2;

/** A texture for each series, because some readers cannot tell the colors apart; none for the first. */
const TEXTURES = ["", "M0 8L8 0", "M0 4H8", "M4 0V8", "M0 0L8 8M0 8L8 0"] as const;

type StackProps = Labeled & {
  /** Unique on the page. */
  id: string;
  /** A name for each place along the axis, usually a day. */
  names: readonly string[];
  /** Each has one value per name; the first is at the bottom of a bar. At most MOST_SERIES. */
  series: readonly Series[];
};

/** Stacked bars over time with a legend. */
export const StackedChart: FC<StackProps> = ({ id, label, names, series }) => {
  const sums = names.map((_, place) => series.reduce((sum, { values }) => sum + (values[place] ?? 0), 0));
  const top = Math.max(1, ...sums);
  const step = WIDTH / Math.max(1, names.length);
  return (
    <>
      <ul class="legend">
        {series.map((one, index) => (
          <li>
            <svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">
              <rect width="16" height="16" fill={`url(#${id}-${index})`} />
            </svg>
            {one.name} <span class="quiet">{formatCount(total(one))}</span>
          </li>
        ))}
      </ul>
      <Plot kind="stacked" label={label} height={STACK_HEIGHT}>
        <defs>
          {series.map((_, index) => (
            <pattern id={`${id}-${index}`} width="8" height="8" patternUnits="userSpaceOnUse">
              <rect class={`series-${index + 1}`} width="8" height="8" />
              <path class="texture" d={TEXTURES[index] ?? ""} />
            </pattern>
          ))}
        </defs>
        {names.map((name, place) => {
          const column = { x: (place * step).toFixed(2), width: (step * (1 - STACK_GAP)).toFixed(2) };
          let below = 0;
          const told = series
            .filter(({ values }) => (values[place] ?? 0) > 0)
            .map(({ name: what, values }) => `${what} ${formatCount(values[place] ?? 0)}`);
          return (
            <g>
              <title>{`${name}: ${told.join(", ") || "none"}`}</title>
              <rect class="ground" {...column} height={STACK_HEIGHT} />
              {series.map(({ values }, index) => {
                const value = values[place] ?? 0;
                if (value === 0) return null;
                // A day with a small value still looks different from an empty day.
                const height = Math.max(2, (value / top) * (STACK_HEIGHT - 2 * series.length));
                below += height;
                return (
                  <rect
                    {...column}
                    y={(STACK_HEIGHT - below).toFixed(2)}
                    height={height.toFixed(2)}
                    fill={`url(#${id}-${index})`}
                  />
                );
              })}
            </g>
          );
        })}
      </Plot>
    </>
  );
};

type ShareProps = {
  caption: string;
  /** The two headings: for the names, and for their counts. */
  what: string;
  counted: string;
  rows: readonly { name: Child; count: number }[];
};

/** A table of counts, each with a bar that shows its share of the largest. */
export const ShareTable: FC<ShareProps> = ({ caption, what, counted, rows }) => {
  const top = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <DataTable
      caption={caption}
      columns={[
        {
          header: what,
          cell: ({ name, count }) => (
            <>
              {name}
              <svg class="share" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect class="ground" width="100" height="1" />
                <rect class="series-1" width={((count / top) * 100).toFixed(1)} height="1" />
              </svg>
            </>
          ),
        },
        { header: counted, cell: ({ count }) => count, numeric: true },
      ]}
      rows={rows}
      empty="None."
    />
  );
};
