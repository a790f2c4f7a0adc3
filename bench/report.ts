import { readFile, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../scripts/development/paths.ts";
import { formatTable } from "../src/cli/output.ts";
import type { Measurement, SideMeasurement } from "./measurement.ts";
import type { PeakMemory } from "./memory.ts";
import type { Publication } from "./publications.ts";
import type { Scenario, ScenarioName } from "./scenarios.ts";

/** A path and its measurement. */
export type Row = { name: ScenarioName; scenario: Scenario; measurement: Measurement };

/** The results of one run. Only a full run has the start-up time and the memory. */
export type Report = {
  rows: readonly Row[];
  gzipBytes: number;
  startupMs: number | null;
  memory: PeakMemory[];
  publications: Publication[];
};

/** The output of `--json`. Ratios have three decimals. */
export const jsonReport = ({ rows, gzipBytes, startupMs, publications }: Report): string =>
  JSON.stringify({
    paths: Object.fromEntries(
      rows.map(({ name, measurement: { path, ratio } }) => [
        name,
        { rps: Math.round(path.rps * 10) / 10, ratio: Math.round(ratio * 1000) / 1000 },
      ]),
    ),
    bundle_gzip_bytes: gzipBytes,
    startup_ms: startupMs === null ? null : Math.round(startupMs),
    publications: Object.fromEntries(
      publications.map(({ name, seconds, mibPerCpuSecond }) => [
        name,
        {
          check_seconds: Math.round(seconds.check),
          mib_per_cpu_second: mibPerCpuSecond && Math.round(mibPerCpuSecond.hashing),
        },
      ]),
    ),
  });

const HEADINGS = ["Path", "Requests/s", "Ratio", "Aim", "Baseline/s", "CPU µs", "Floor's", "Baseline's"];

function cells({ scenario, measurement }: Row): string[] {
  const { path, baseline, floor, ratio } = measurement;
  const rate = ({ rps, mibPerSecond }: SideMeasurement) =>
    scenario.baseline.worker === "bare" ? `${number(rps)} (${mibPerSecond.toFixed(0)} MiB/s)` : number(rps);
  const cpu = (side: SideMeasurement | null) => (typeof side?.cpu === "number" ? side.cpu.toFixed(0) : "");
  return [
    scenario.title,
    rate(path),
    ratio.toFixed(2),
    scenario.aim === null ? "" : scenario.aim.toFixed(2),
    rate(baseline),
    cpu(path),
    cpu(floor),
    cpu(baseline),
  ];
}

const number = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));

function facts({ gzipBytes, startupMs, memory, publications }: Report): string[] {
  return [
    `Bundle: ${(gzipBytes / 1024).toFixed(1)} KiB gzipped.`,
    ...(startupMs === null ? [] : [`Start-up: ${startupMs.toFixed(0)} ms of CPU.`]),
    ...memory.map(
      ({ fileBytes, isolate, process }) =>
        `Peak memory while four clients download ${mib(fileBytes)}: ${mib(isolate)} in the Worker's isolate` +
        (process
          ? `; ${mib(process.path)} in all of workerd, R2 included (${mib(process.bare)} with no checks).`
          : "."),
    ),
    ...publications.map(publicationFact),
  ];
}

const publicationFact = ({ size, seconds, mibPerCpuSecond }: Publication): string =>
  `Publishing ${mib(size)}: read and signed in ${seconds.read.toFixed(0)} s, uploaded in ${seconds.upload.toFixed(0)} s, checked in ` +
  `${seconds.check.toFixed(0)} s.` +
  (mibPerCpuSecond
    ? ` The check does ${mibPerCpuSecond.hashing.toFixed(0)} MiB per CPU-second; with the local R2, whose reading alone does ` +
      `${mibPerCpuSecond.floor.toFixed(0)}, it does ${mibPerCpuSecond.check.toFixed(0)}.`
    : "");

const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(bytes < 100 * 1024 ** 2 ? 1 : 0)} MiB`;

/** The report for a terminal. */
export const textReport = (report: Report): string =>
  `${[formatTable(HEADINGS, report.rows.map(cells)), "", ...facts(report)].join("\n")}\n`;

const BEGIN = "<!-- npm run bench -- --write -->";
const END = "<!-- end -->";

/** Replaces the table in docs/performance.md. Throws if the file lacks the markers. */
export async function writeReport(report: Report): Promise<void> {
  const file = join(PROJECT, "docs/performance.md");
  const text = await readFile(file, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} lacks the markers of the table: ${BEGIN} ... ${END}`);
  const rows = [HEADINGS, HEADINGS.map(() => "---"), ...report.rows.map(cells)];
  const table = rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
  const measured = [machine(), "", table, "", ...facts(report).map((fact) => `- ${fact}`)].join("\n");
  await writeFile(file, `${text.slice(0, begin)}${BEGIN}\n${measured}\n${text.slice(end)}`);
}

/** A line about the machine, which explains the numbers. */
function machine(): string {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB of memory`;
  return `Measured on ${cpus().length} cores of ${cpu?.model ?? process.arch}, ${memory}, ${process.platform} ${release()}.`;
}
