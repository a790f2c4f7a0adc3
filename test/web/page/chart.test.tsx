import { expect, it } from "vitest";
import { AreaChart, StackedChart } from "../../../src/web/page/chart/charts.tsx";
import { find } from "../../support/html-document.ts";

const drawn = async (chart: { toString: () => string | Promise<string> }) => new Response(await chart.toString());

const SERIES = [
  { name: "cpu", values: [4, 0, 1] },
  { name: "<cuda>", values: [4, 0, 0] },
];

const stacked = () => drawn(<StackedChart id="c" label="9 downloads" names={["Mon", "Tue", "Wed"]} series={SERIES} />);

it("a stacked chart has a label for screen readers, and each bar a title with its numbers", async () => {
  const [svg] = await find(await stacked(), "svg.stacked");
  expect(svg?.attributes).toMatchObject({ role: "img", "aria-label": "9 downloads" });
  const titles = (await find(await stacked(), "svg.stacked title")).map(({ text }) => text);
  expect(titles).toEqual(["9 downloads", "Mon: cpu 4, &lt;cuda&gt; 4", "Tue: none", "Wed: cpu 1"]);
});

it("a stacked chart gives each series a texture beside its color, and its bars fit into its height", async () => {
  const textures = await find(await stacked(), "path.texture");
  expect(new Set(textures.map(({ attributes }) => attributes["d"])).size).toBe(SERIES.length);
  const bars = (await find(await stacked(), "g rect")).filter(({ attributes }) => "y" in attributes);
  expect(bars).toHaveLength(3);
  for (const { attributes } of bars) {
    expect(Number(attributes["y"])).toBeGreaterThanOrEqual(0);
    expect(Number(attributes["y"]) + Number(attributes["height"])).toBeLessThanOrEqual(140.01);
  }
});

it("an area chart draws its points to scale, from zero up", async () => {
  const points = [10, 0, 5].map((value, index) => ({ at: index / 2, name: `day ${index}`, value }));
  const chart = <AreaChart label="5 machines" points={points} />;
  const [line] = await find(await drawn(chart), "polyline");
  expect(line?.attributes["points"]).toBe("0.00,4.00 300.00,120.00 600.00,62.00");
});

it("charts have no inline style, which the policy would block", async () => {
  for (const chart of [await stacked(), await drawn(<AreaChart label="none" points={[]} />)]) {
    expect(await chart.text()).not.toContain("style=");
  }
});
