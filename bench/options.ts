import { parseArgs } from "node:util";
import { SCENARIO_NAMES, type ScenarioName } from "./scenarios.ts";

/** How to measure, and what to do with the numbers. */
export type BenchOptions = {
  /** Print one JSON object and nothing else. */
  json: boolean;
  /** Put the table into docs/performance.md. */
  write: boolean;
  /** Seconds of one round; a round of the path and one of its baseline make a pair. */
  seconds: number;
  /** Pairs of rounds for each path; the medians are reported. */
  rounds: number;
  connections: number;
  /** Ask workerd itself, instead of through miniflare's entry as `wrangler dev` does. */
  direct: boolean;
  only: readonly ScenarioName[];
};

export const HELP = `npm run bench -- [options]

Measures the production bundle in workerd against a bare Worker in the same process.

  --only NAME        measure only this path; may be repeated. Leaves out memory and start-up.
                     ${SCENARIO_NAMES.join(", ")}
  --seconds N        seconds of one round (default 2)
  --rounds N         pairs of rounds for each path (default 6)
  --connections N    connections that ask at once (default 32; large files take 4)
  --direct           ask workerd itself instead of through miniflare's entry, which every request pays for, hello's too
  --json             print only {paths: {name: {rps, ratio}}, bundle_gzip_bytes, startup_ms}
  --write            put the table into docs/performance.md
  --help             print this
`;

/** Reads the command line; null when it asks for help. Throws a sentence for a person on anything else it does not know. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true },
      seconds: { type: "string", default: "2" },
      rounds: { type: "string", default: "6" },
      connections: { type: "string", default: "32" },
      direct: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  if (values.write && values.only) throw new Error("--write takes the whole table; leave out --only.");
  return {
    json: values.json,
    direct: values.direct,
    write: values.write,
    seconds: positive("--seconds", values.seconds),
    rounds: Math.ceil(positive("--rounds", values.rounds)),
    connections: Math.ceil(positive("--connections", values.connections)),
    only: (values.only ?? []).map(scenarioName),
  };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`${option} takes a number above 0, not "${text}".`);
}

function scenarioName(text: string): ScenarioName {
  const name = SCENARIO_NAMES.find((known) => known === text);
  if (name) return name;
  throw new Error(`There is no path "${text}". There are ${SCENARIO_NAMES.join(", ")}.`);
}
