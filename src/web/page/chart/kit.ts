/** The one door to the charts. */
export { AreaChart } from "./area-chart.tsx";
export { BarChart } from "./bar-chart.tsx";
export { DayAxis, DayChart } from "./day-chart.tsx";
export { type Series, seriesOf, total } from "./series.ts";
export { ShareTable } from "./share-table.tsx";
