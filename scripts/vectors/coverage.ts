import { DAY, NOW, type VectorCase, type VectorFile } from "./vector-file.ts";

const WORKER = "llm-worker-rbee-premium-cpu";

type Question = {
  entitlements?: string[];
  versions?: string;
  updates_until?: number | null;
  worker_id?: string;
  version?: string;
  published_at?: number;
};

const answered = (code: string, name: string, question: Question): VectorCase => {
  const { entitlements = ["llm-worker-rbee-premium-*"], versions = "*", updates_until = null } = question;
  const { worker_id = WORKER, version = "1.2.3", published_at = NOW - DAY } = question;
  return {
    name,
    grant: { entitlements, versions, updates_until },
    worker_id,
    version,
    published_at,
    expected: { code },
  };
};

const covered = (name: string, question: Question = {}) => answered("VALID", name, question);
const otherWorker = (name: string, question: Question) => answered("NOT_ENTITLED", name, question);
const otherVersion = (name: string, question: Question) => answered("VERSION_NOT_COVERED", name, question);

/** Each range, versions inside it, and versions outside of it. The range's grammar is node-semver's. */
const RANGES: [range: string, inside: string[], outside: string[]][] = [
  ["*", ["0.0.0", "1.2.3", "99.0.0", "2.0.0-rc.1"], []],
  ["", ["0.1.0", "7.0.0"], []],
  ["<2.0.0", ["1.99.99", "0.1.0", "1.0.0-rc.1"], ["2.0.0", "2.0.0-rc.1", "10.0.0"]],
  ["<=2.0.0", ["2.0.0", "2.0.0-rc.1"], ["2.0.1"]],
  [">=1.2.0 <2.0.0", ["1.2.0", "1.10.0"], ["1.1.9", "2.0.0"]],
  [">1.2", ["1.3.0"], ["1.2.9"]],
  ["1.x", ["1.0.0", "1.9.9"], ["2.0.0", "0.9.0"]],
  ["1", ["1.4.0"], ["2.0.0"]],
  ["1.2.*", ["1.2.0", "1.2.99"], ["1.3.0"]],
  ["=1.2.3", ["1.2.3", "1.2.3-beta.2"], ["1.2.4"]],
  ["~1.2.3", ["1.2.3", "1.2.10"], ["1.3.0", "1.2.2"]],
  ["~1", ["1.9.0"], ["2.0.0"]],
  ["^1.2.3", ["1.2.3", "1.9.0"], ["2.0.0", "1.2.2"]],
  ["^0.2.3", ["0.2.4"], ["0.3.0"]],
  ["^0.0.3", ["0.0.3"], ["0.0.4"]],
  ["1.2.3 - 2.3", ["1.2.3", "2.3.9"], ["2.4.0", "1.2.2"]],
  ["<1.0.0 || >=3.0.0", ["0.9.0", "3.0.0"], ["1.0.0", "2.9.9"]],
  ["<2.0.0-rc.1", ["1.9.0"], ["2.0.0", "2.0.0-alpha.1"]],
  [">= 1.2.3", ["1.2.3"], ["1.2.2"]],
  ["no range", [], ["1.2.3"]],
];

const ranges: VectorCase[] = RANGES.flatMap(([versions, inside, outside]) => [
  ...inside.map((version) => covered(`"${versions}" covers ${version}`, { versions, version })),
  ...outside.map((version) => otherVersion(`"${versions}" does not cover ${version}`, { versions, version })),
]);

/** The workers and versions that a license opens. */
export const coverage: VectorFile = {
  description:
    "The worker and version that the claims of a token (or a license) open. `versions` is a range in the grammar of node-semver. A " +
    "prerelease counts as the release that it leads to. A range or a version that cannot be read covers nothing.",
  now: NOW,
  cases: [
    covered("a worker of the family"),
    covered("a worker by its whole id", { entitlements: [WORKER] }),
    covered("one of several entitlements", { entitlements: ["sd-worker-rbee-*", WORKER] }),
    covered("every worker", { entitlements: ["*"], worker_id: "sd-worker-rbee-cpu" }),
    otherWorker("a worker of another family", { worker_id: "sd-worker-rbee-cpu" }),
    otherWorker("a whole id is no beginning", { entitlements: ["llm-worker-rbee"] }),
    otherWorker("a star in the middle stands for itself", { entitlements: ["llm-*-premium-cpu"] }),
    otherWorker("another case", { worker_id: WORKER.toUpperCase() }),
    otherWorker("no entitlement", { entitlements: [] }),
    otherWorker("the worker is judged before the version", { entitlements: [], versions: "<1.0.0" }),
    covered("published in the last second of the updates", { updates_until: NOW - DAY }),
    otherVersion("published a second after the end of updates", { updates_until: NOW - DAY - 1 }),
    covered("updates without an end", { updates_until: null, published_at: NOW }),
    otherVersion("a version that is none", { version: "latest" }),
    otherVersion("a version of two numbers", { version: "1.2" }),
    ...ranges,
  ],
};
