import { generateMinisignKey } from "../src/lib/minisign/secret-key.ts";
import { buildBundle, measureStartup } from "./bundle.ts";
import { startHarness } from "./harness.ts";
import { measure } from "./measurement.ts";
import { measurePeakMemory } from "./memory.ts";
import { type BenchOptions, HELP, readOptions } from "./options.ts";
import { jsonReport, type Report, type Row, textReport, writeReport } from "./report.ts";
import { prepareSamples } from "./samples.ts";
import { SCENARIO_NAMES, SCENARIOS } from "./scenarios.ts";

async function bench(options: BenchOptions, signal: AbortSignal): Promise<Report> {
  const isWhole = options.only.length === 0;
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const bundle = await buildBundle(signal);
  const startupMs = isWhole ? await measureStartup(signal) : null;
  const releaseKey = await generateMinisignKey();
  const harness = await startHarness(bundle, releaseKey, !options.direct);
  try {
    const samples = await prepareSamples(harness, releaseKey);
    const rows: Row[] = [];
    for (const name of isWhole ? SCENARIO_NAMES : options.only) {
      say(`${name} ...`);
      const scenario = await SCENARIOS[name](samples, options.rounds + 1);
      rows.push({ name, scenario, measurement: await measure(harness, scenario, options) });
    }
    if (isWhole) say("memory ...");
    const memory = isWhole ? await measurePeakMemory(harness, samples) : [];
    return { rows, gzipBytes: bundle.gzipBytes, startupMs, memory };
  } finally {
    await harness.stop();
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(HELP);
  else {
    const report = await bench(options, new AbortController().signal);
    process.stdout.write(options.json ? `${jsonReport(report)}\n` : textReport(report));
    if (options.write) await writeReport(report);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
