import { parseArgs } from "node:util";
import { PUBLICATION_NAMES } from "./publications.ts";
import { SCENARIO_NAMES } from "./scenarios.ts";

/** The measurements that are no path: first requests, an installation, and the start of an isolate. */
const OTHER_NAMES = ["startup", "cold_starts", "install"] as const;

const NAMES = [...SCENARIO_NAMES, ...PUBLICATION_NAMES, ...OTHER_NAMES];
type Name = (typeof NAMES)[number];

/** The options of a run. */
export type BenchOptions = {
  /** Print one JSON object and nothing else. */
  json: boolean;
  /** Write the table into docs/performance.md. */
  write: boolean;
  /** Seconds of one round. A round of the path and one of its baseline form a pair. */
  seconds: number;
  /** Pairs of rounds for each path. The report has the medians. */
  rounds: number;
  connections: number;
  /** Send requests straight to workerd, not through miniflare's entry like `wrangler dev`. */
  direct: boolean;
  only: readonly Name[];
  /** Measure growth, rows and costs instead of speed. */
  growth: boolean;
};

export const HELP = `npm run bench -- [options]

Measures the production bundle in workerd against a bare Worker in the same process.

  --only NAME        measure only this; may be repeated. Leaves out memory.
                     ${NAMES.join(", ")}
                     publish_8gib runs only when named: it takes some ten minutes, and 8 GiB of the temporary folder
  --seconds N        seconds of one round (default 2)
  --rounds N         pairs of rounds for each path (default 5)
  --connections N    parallel connections (default 32; large files: 4)
  --direct           send requests straight to workerd, without the cost of miniflare's entry
  --growth           measure instead how the databases grow, and what a download costs (some ten minutes)
  --json             print only one object: {paths: {name: {rps, ratio, floor_ratio}}, bundle_gzip_bytes,
                     startup_ms, startup_hono_ms, cold_starts, publications, install}
  --write            write the table into docs/performance.md
  --help             print this
`;

/** Parses the command line. Returns null if it asks for help. Throws a readable error for anything unknown. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true },
      seconds: { type: "string", default: "2" },
      rounds: { type: "string", default: "5" },
      connections: { type: "string", default: "32" },
      direct: { type: "boolean", default: false },
      growth: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  if (values.write && values.only) throw new Error("--write needs the whole table. Leave out --only.");
  return {
    growth: values.growth,
    json: values.json,
    direct: values.direct,
    write: values.write,
    seconds: positive("--seconds", values.seconds),
    rounds: Math.ceil(positive("--rounds", values.rounds)),
    connections: Math.ceil(positive("--connections", values.connections)),
    only: (values.only ?? []).map(nameOf),
  };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`${option} must be a number above 0, not "${text}".`);
}

function nameOf(text: string): Name {
  const name = NAMES.find((known) => known === text);
  if (name) return name;
  throw new Error(`"${text}" is not a path. Use one of ${NAMES.join(", ")}.`);
}
