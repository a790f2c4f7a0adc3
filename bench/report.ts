import { readFile, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../scripts/development/paths.ts";
import { formatTable } from "../src/cli/output.ts";
import type { ColdStart } from "./cold-starts.ts";
import type { Installation } from "./installations.ts";
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
  /** Milliseconds of CPU: of the service, and of a bare Hono Worker. */
  startup: { own: number; hono: number } | null;
  coldStarts: ColdStart[];
  memory: PeakMemory[];
  publications: Publication[];
  installation: Installation | null;
};

/** The output of `--json`. Ratios have three decimals. */
export const jsonReport = ({ rows, gzipBytes, startup, coldStarts, publications, installation }: Report): string =>
  JSON.stringify({
    paths: Object.fromEntries(
      rows.map(({ name, measurement }) => [
        name,
        {
          rps: Math.round(measurement.path.rps * 10) / 10,
          ratio: thousandths(measurement.ratio),
          floor_ratio: thousandths(timesFloor(measurement)),
        },
      ]),
    ),
    bundle_gzip_bytes: gzipBytes,
    startup_ms: startup && Math.round(startup.own),
    startup_hono_ms: startup && Math.round(startup.hono),
    cold_starts: Object.fromEntries(
      coldStarts.map(({ name, milliseconds, ratio }) => [
        name,
        { ms: thousandths(milliseconds), ratio: thousandths(ratio) },
      ]),
    ),
    publications: Object.fromEntries(
      publications.map(({ name, seconds, mibPerCpuSecond }) => [
        name,
        {
          check_seconds: Math.round(seconds.check),
          mib_per_cpu_second: mibPerCpuSecond && Math.round(mibPerCpuSecond.hashing),
        },
      ]),
    ),
    install: installation && { seconds: installation.seconds, ratio: thousandths(installation.ratio) },
  });

const thousandths = (value: number | null): number | null => (value === null ? null : Math.round(value * 1000) / 1000);

/** The CPU time of a path divided by that of its floor, or null if one of them is not known. */
const timesFloor = ({ path, floor }: Measurement): number | null =>
  path.cpu === null || typeof floor?.cpu !== "number" ? null : path.cpu / floor.cpu;

const HEADINGS = ["Path", "Requests/s", "Ratio", "Times floor", "Aim", "Baseline/s", "CPU µs", "Floor's", "Baseline's"];

function cells({ scenario, measurement }: Row): string[] {
  const { path, baseline, floor, ratio } = measurement;
  const rate = ({ rps, mibPerSecond }: SideMeasurement) =>
    scenario.baseline.worker === "bare" ? `${number(rps)} (${mibPerSecond.toFixed(0)} MiB/s)` : number(rps);
  const cpu = (side: SideMeasurement | null) => (typeof side?.cpu === "number" ? side.cpu.toFixed(0) : "");
  return [
    scenario.title,
    rate(path),
    ratio.toFixed(2),
    timesFloor(measurement)?.toFixed(2) ?? "",
    aimOf(scenario.aim),
    rate(baseline),
    cpu(path),
    cpu(floor),
    cpu(baseline),
  ];
}

const aimOf = (aim: Scenario["aim"]): string => {
  if (aim === null) return "";
  return "ratio" in aim ? `ratio ${aim.ratio.toFixed(2)}` : `${aim.timesFloor.toFixed(2)} times floor`;
};

const number = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));

function facts({ gzipBytes, startup, coldStarts, memory, publications, installation }: Report): string[] {
  return [
    `Bundle: ${(gzipBytes / 1024).toFixed(1)} KiB gzipped.`,
    ...(startup
      ? [
          `Start-up: ${startup.own.toFixed(0)} ms of CPU, ${(startup.own / startup.hono).toFixed(1)} times the ` +
            `${startup.hono.toFixed(0)} ms of a bare Hono Worker.`,
        ]
      : []),
    ...coldStarts.map(
      ({ title, milliseconds, ratio }) =>
        `First request to a cold isolate, ${title}: ${milliseconds.toFixed(1)} ms, ${ratio.toFixed(1)} times a bare Hono ` +
        "Worker's.",
    ),
    ...memory.map(
      ({ fileBytes, isolate, process }) =>
        `Peak memory while four clients download ${mib(fileBytes)}: ${mib(isolate)} in the Worker's isolate` +
        (process
          ? `; ${mib(process.path)} in all of workerd, R2 included (${mib(process.bare)} with no checks).`
          : "."),
    ),
    ...publications.map(publicationFact),
    ...(installation ? [installationFact(installation)] : []),
  ];
}

const publicationFact = ({ size, seconds, mibPerCpuSecond }: Publication): string =>
  `Publishing ${mib(size)}: read and signed in ${seconds.read.toFixed(0)} s, uploaded in ${seconds.upload.toFixed(0)} s, checked in ` +
  `${seconds.check.toFixed(0)} s.` +
  (mibPerCpuSecond
    ? ` The check does ${mibPerCpuSecond.hashing.toFixed(0)} MiB per CPU-second. The local R2 reads ` +
      `${mibPerCpuSecond.floor.toFixed(0)}, and both together do ${mibPerCpuSecond.check.toFixed(0)}.`
    : "");

function installationFact({ size, seconds, ratio }: Installation): string {
  const named = Object.entries(seconds).map(
    ([program, measured]) => `${program} ${measured === null ? "(not installed)" : `${measured.toFixed(2)} s`}`,
  );
  const compared = ratio === null ? "" : ` The command is ${ratio.toFixed(2)} times as fast as the faster other one.`;
  return `Installing ${mib(size)}: ${named.join(", ")}.${compared}`;
}

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
