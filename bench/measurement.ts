import type { Harness } from "./harness.ts";
import { LoadConnection } from "./load-client.ts";
import type { BenchOptions } from "./options.ts";
import type { Scenario, Side } from "./scenarios.ts";

/**
 * The result of one round. `cpu` is the CPU time of workerd for a request, storage included, in microseconds, or null.
 */
type Round = { rps: number; mibPerSecond: number; cpu: number | null };

/** The medians of a side's rounds. */
export type SideMeasurement = Round;

/** The result for a path. */
export type Measurement = {
  path: SideMeasurement;
  baseline: SideMeasurement;
  floor: SideMeasurement | null;
  /** The path's requests per second divided by the baseline's: the median over pairs of neighboring rounds. */
  ratio: number;
};

/**
 * Measures a path, its baseline and its floor in alternating rounds and in alternating order, so that changes in the
 * machine's speed affect all alike. The first turn is a warm-up and does not count. Throws for any status but 200.
 */
export async function measure(harness: Harness, scenario: Scenario, options: BenchOptions): Promise<Measurement> {
  const { path, baseline, floor } = scenario;
  const sides = [baseline, path, ...(floor ? [floor] : [])];
  const rounds = new Map<Side, Round[]>(sides.map((side) => [side, []]));
  for (let turn = 0; turn <= options.rounds; turn++) {
    for (const side of turn % 2 === 0 ? sides : sides.toReversed()) {
      const round = await runRound(harness, side, scenario, options);
      if (turn > 0) rounds.get(side)?.push(round);
    }
  }
  const of = (side: Side): Round[] => rounds.get(side) ?? [];
  return {
    path: mediansOf(of(path)),
    baseline: mediansOf(of(baseline)),
    floor: floor && mediansOf(of(floor)),
    ratio: median(of(path).map(({ rps }, turn) => rps / (of(baseline)[turn]?.rps ?? Number.NaN))),
  };
}

const mediansOf = (rounds: readonly Round[]): SideMeasurement => ({
  rps: median(rounds.map(({ rps }) => rps)),
  mibPerSecond: median(rounds.map(({ mibPerSecond }) => mibPerSecond)),
  cpu: rounds.some(({ cpu }) => cpu === null) ? null : median(rounds.map(({ cpu }) => cpu ?? 0)),
});

/** Measures one round. It ends with the last answer, so that no partly received file distorts it. */
export async function runRound(
  { ports, usage }: Pick<Harness, "ports" | "usage">,
  { worker, next }: Side,
  { connections: few, requestsPerRound = Number.POSITIVE_INFINITY }: Pick<Scenario, "connections" | "requestsPerRound">,
  { connections: usual, seconds }: Pick<BenchOptions, "connections" | "seconds">,
): Promise<Round> {
  const connections = Array.from({ length: few ?? usual }, () => new LoadConnection(ports[worker]));
  const cpuBefore = usage?.cpuSeconds() ?? 0;
  const start = performance.now();
  let left = requestsPerRound;
  const isOver = () =>
    requestsPerRound === Number.POSITIVE_INFINITY ? performance.now() - start > seconds * 1000 : left-- <= 0;
  try {
    await Promise.all(connections.map((connection) => connection.run(() => (isOver() ? null : next()))));
  } finally {
    for (const connection of connections) connection.close();
  }
  const elapsed = (performance.now() - start) / 1000;
  const cpu = (usage?.cpuSeconds() ?? 0) - cpuBefore;
  const responses = connections.reduce((sum, { tally }) => sum + tally.responses, 0);
  const bytes = connections.reduce((sum, { tally }) => sum + tally.bodyBytes, 0);
  if (responses === 0) throw new Error(`nothing was asked of ${worker}`);
  return {
    rps: responses / elapsed,
    mibPerSecond: bytes / elapsed / 1024 ** 2,
    cpu: usage && (cpu / responses) * 1e6,
  };
}

/** The median of some numbers. Throws if there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  if (low === undefined || high === undefined) throw new Error("no values have no median");
  return (low + high) / 2;
}
