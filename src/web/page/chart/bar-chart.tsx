import type { FC } from "hono/jsx";
import { formatCount } from "../format.tsx";
import { type Series, total } from "./series.ts";

const WIDTH = 600;
const HEIGHT = 120;
const GAP = 0.25;

type BarProps = {
  /** The chart's main message in a sentence, for screen readers. */
  label: string;
  /** The bars from left to right; no value is negative. */
  bars: readonly { name: string; value: number }[];
};

/** Bars over time. A table beside it must hold the same numbers. Each bar shows its value on hover. */
export const BarChart: FC<BarProps> = ({ label, bars }) => {
  const top = Math.max(1, ...bars.map(({ value }) => value));
  const step = WIDTH / Math.max(1, bars.length);
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
      <title>{label}</title>
      {bars.map(({ name, value }, index) => {
        // A day with a small value still looks different from an empty day.
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

const STACK_HEIGHT = 140;
const STACK_GAP = 0.2;

/**
 * A texture for each series, because some readers cannot tell the colors apart. The first has none. Drawn in a square
 * of 8.
 */
const TEXTURES = ["", "M0 8L8 0", "M0 4H8", "M4 0V8", "M0 0L8 8M0 8L8 0"] as const;

type StackProps = {
  /** Unique on the page. */
  id: string;
  /** The chart's main message in a sentence, for screen readers. */
  label: string;
  /** A name for each place along the axis, usually a day. */
  names: readonly string[];
  /** Each has one value per name; the first is at the bottom of a bar. At most MOST_SERIES. */
  series: readonly Series[];
};

/** Stacked bars over time with a legend. A table beside it must hold the same numbers. */
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
      <svg
        class="stack"
        viewBox={`0 0 ${WIDTH} ${STACK_HEIGHT}`}
        role="img"
        aria-label={label}
        preserveAspectRatio="none"
      >
        <title>{label}</title>
        <defs>
          {series.map((_, index) => (
            <pattern id={`${id}-${index}`} width="8" height="8" patternUnits="userSpaceOnUse">
              <rect class={`series-${index + 1}`} width="8" height="8" />
              <path class="texture" d={TEXTURES[index] ?? ""} />
            </pattern>
          ))}
        </defs>
        {names.map((name, place) => {
          let below = 0;
          const told = series
            .filter(({ values }) => (values[place] ?? 0) > 0)
            .map(({ name: what, values }) => `${what} ${formatCount(values[place] ?? 0)}`);
          return (
            <g>
              <title>{`${name}: ${told.join(", ") || "none"}`}</title>
              <rect
                class="ground"
                x={(place * step).toFixed(2)}
                width={(step * (1 - STACK_GAP)).toFixed(2)}
                height={STACK_HEIGHT}
              />
              {series.map(({ values }, index) => {
                const value = values[place] ?? 0;
                if (value === 0) return null;
                // A day with a small value still looks different from an empty day.
                const height = Math.max(2, (value / top) * (STACK_HEIGHT - 2 * series.length));
                below += height;
                return (
                  <rect
                    x={(place * step).toFixed(2)}
                    y={(STACK_HEIGHT - below).toFixed(2)}
                    width={(step * (1 - STACK_GAP)).toFixed(2)}
                    height={height.toFixed(2)}
                    fill={`url(#${id}-${index})`}
                  />
                );
              })}
            </g>
          );
        })}
      </svg>
    </>
  );
};
