/** The one door to the charts. */
export { AreaChart, BarChart, ShareTable } from "./charts.tsx";
export { DayAxis, DayChart } from "./day-chart.tsx";
export { type Series, seriesOf, total } from "./series.ts";
