import { generateMinisignKey } from "../src/lib/minisign/secret-key.ts";
import { BARE_HONO, buildBundle, measureStartup } from "./bundle.ts";
import { COLD_ISOLATES, COLD_ROUNDS, measureColdStarts } from "./cold-starts.ts";
import { startHarness } from "./harness.ts";
import { measureInstallation } from "./installations.ts";
import { measure } from "./measurement.ts";
import { measurePeakMemory } from "./memory.ts";
import { type BenchOptions, HELP, readOptions } from "./options.ts";
import { measurePublication, PUBLICATION_NAMES, type Publication, USUAL_PUBLICATION } from "./publications.ts";
import { jsonReport, type Report, type Row, textReport, writeReport } from "./report.ts";
import { prepareSamples } from "./samples.ts";
import { SCENARIO_NAMES, SCENARIOS } from "./scenarios.ts";

async function bench(options: BenchOptions, signal: AbortSignal): Promise<Report> {
  const isWhole = options.only.length === 0;
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const bundle = await buildBundle(signal);
  const isWanted = (names: readonly string[]) => isWhole || options.only.some((name) => names.includes(name));
  const startup = isWanted(["startup"])
    ? { own: await measureStartup(signal), hono: await measureStartup(signal, BARE_HONO) }
    : null;
  const hono = isWanted(["cold_starts"]) ? await buildBundle(signal, BARE_HONO) : null;
  const releaseKey = await generateMinisignKey();
  // The largest file would not fit into the memory of many machines.
  const isOnDisk = options.only.includes("publish_8gib");
  const harness = await startHarness(bundle, releaseKey, {
    ...{ isBehindProxy: !options.direct, isOnDisk },
    ...(hono && { cold: { services: COLD_ISOLATES, honos: COLD_ROUNDS, hono } }),
  });
  try {
    const samples = await prepareSamples(harness, releaseKey);
    if (hono) say("cold_starts ...");
    const coldStarts = hono ? await measureColdStarts(harness, samples) : [];
    const rows: Row[] = [];
    for (const name of SCENARIO_NAMES.filter((known) => isWhole || options.only.includes(known))) {
      say(`${name} ...`);
      const scenario = await SCENARIOS[name](samples, options.rounds + 1);
      rows.push({ name, scenario, measurement: await measure(harness, scenario, options) });
    }
    if (isWhole) say("memory ...");
    const memory = isWhole ? await measurePeakMemory(harness, samples) : [];
    const publications: Publication[] = [];
    for (const name of isWhole
      ? [USUAL_PUBLICATION]
      : PUBLICATION_NAMES.filter((known) => options.only.includes(known))) {
      say(`${name} ...`);
      publications.push(await measurePublication(harness, releaseKey, name));
    }
    if (isWanted(["install"])) say("install ...");
    const installation = isWanted(["install"]) ? await measureInstallation(harness, releaseKey) : null;
    return { rows, gzipBytes: bundle.gzipBytes, startup, coldStarts, memory, publications, installation };
  } finally {
    await harness.stop();
  }
}

/** The part that uses the stores of the Worker, and so their types: tsconfig.growth.json checks it. */
const growth = (): Promise<{ benchGrowth(options: Pick<BenchOptions, "json" | "write">): Promise<void> }> =>
  import(new URL("growth/main.ts", import.meta.url).href);

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(HELP);
  else if (options.growth) await (await growth()).benchGrowth(options);
  else {
    const report = await bench(options, new AbortController().signal);
    process.stdout.write(options.json ? `${jsonReport(report)}\n` : textReport(report));
    if (options.write) await writeReport(report);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
