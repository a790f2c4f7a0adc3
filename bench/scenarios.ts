import type { WorkerName } from "./harness.ts";
import { always, get, inTurn, type NextRequest, once, post } from "./requests.ts";
import { SAMPLES, type SampleRelease } from "./sample-releases.ts";
import type { Samples } from "./samples.ts";

export const SCENARIO_NAMES = [
  "catalog_list",
  "pkgbuild",
  "verification",
  "decision_same_token",
  "decision_new_token",
  "license_search",
  "file_64_kib",
  "file_64_mib",
  "deb_64_mib",
  "layer_64_mib",
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** One side of a comparison: the Worker and its requests. */
export type Side = { worker: WorkerName; next: NextRequest };

/** A path and its comparison. */
export type Scenario = {
  title: string;
  /** The least ratio to the baseline, or the greatest multiple of the floor's CPU time; null if there is no aim. */
  aim: { ratio: number } | { timesFloor: number } | null;
  path: Side;
  baseline: Side;
  /** Only the path's storage calls, or only its answer; null if that is the baseline already. */
  floor: Side | null;
  /** The number of connections, if the default would only queue. */
  connections?: number;
  /** The number of requests in a round, if they are limited. */
  requestsPerRound?: number;
};

const HELLO: Side = { worker: "hello", next: always(get("hello", "/")) };

const catalog = (next: NextRequest): Side => ({ worker: "catalog", next });
const bare = (next: NextRequest): Side => ({ worker: "bare", next });

const DECISION = `/v1/workers/${SAMPLES.small.workerId}/latest/download?platform=linux-x86_64`;

/** Prepares each scenario. `rounds` is the number of rounds of its path, warm-up included. */
export const SCENARIOS: Record<ScenarioName, (samples: Samples, rounds: number) => Promise<Scenario>> = {
  catalog_list: (samples) => document("/workers", samples),

  pkgbuild: (samples) => document("/workers/cpu/PKGBUILD", samples),

  async verification(samples) {
    const licenses = await samples.licenses();
    const requests = licenses.map(({ token }) => post("catalog", "/v1/licenses/verify", { token }));
    return {
      ...{ title: "`POST /v1/licenses/verify`, 10,000 tokens in turn", aim: { timesFloor: 1.3 } },
      ...{ path: catalog(inTurn(requests)), baseline: HELLO },
      floor: bare(inTurn(licenses.map(({ id }) => get("bare", `/ledger/${id}`)))),
    };
  },

  async decision_same_token(samples) {
    await samples.publish(SAMPLES.small);
    const { token } = await samples.license();
    return {
      ...{ title: "`GET .../latest/download`, one token again and again", aim: { ratio: 0.75 } },
      ...{ path: catalog(always(get("catalog", DECISION, token))), baseline: HELLO },
      floor: bare(always(get("bare", await samples.recordAnswer(DECISION, token)))),
    };
  },

  async decision_new_token(samples, rounds) {
    await samples.publish(SAMPLES.small);
    const licenses = await samples.licenses();
    return {
      ...{ title: "`GET .../latest/download`, 10,000 licenses' tokens, each once", aim: { timesFloor: 1.5 } },
      ...{ path: catalog(once(licenses.map(({ token }) => get("catalog", DECISION, token)))), baseline: HELLO },
      floor: bare(inTurn(licenses.map(({ id }) => get("bare", `/kv/${id}`)))),
      requestsPerRound: Math.floor(licenses.length / rounds),
    };
  },

  async license_search(samples) {
    const owner = samples.ownerToken;
    const licenses = await samples.licenses();
    return {
      ...{ title: "`GET /v1/admin/licenses?q=`, one of 10,000 licenses by its id", aim: null },
      ...{
        path: catalog(inTurn(licenses.map(({ id }) => get("catalog", `/v1/admin/licenses?q=${id}`, owner)))),
        baseline: HELLO,
      },
      floor: bare(inTurn(licenses.map(({ id }) => get("bare", `/ledger/${id}`)))),
    };
  },

  file_64_kib: (samples) => file("64 KiB through a signed URL", null, SAMPLES.small, samples),

  file_64_mib: async (samples) => ({
    ...(await file("64 MiB through a signed URL", { ratio: 0.9 }, SAMPLES.large, samples)),
    connections: 4,
  }),

  deb_64_mib: (samples) => framed("64 MiB as a Debian package", samples, samples.debianPackageOf),

  layer_64_mib: (samples) => framed("64 MiB as a layer of a container image", samples, samples.layerOf),
};

/** Compares a public document with hello. */
const document = async (path: string, samples: Samples): Promise<Scenario> => ({
  ...{ title: `\`GET ${path}\``, aim: { ratio: 0.9 }, path: catalog(always(get("catalog", path))), baseline: HELLO },
  floor: bare(always(get("bare", await samples.recordAnswer(path)))),
});

/** Compares the largest sample in a frame with the same R2 object unframed and without checks. */
async function framed(
  title: string,
  samples: Samples,
  pathOf: (sample: SampleRelease) => Promise<string>,
): Promise<Scenario> {
  const sample = SAMPLES.large;
  await samples.publish(sample);
  const { token } = await samples.license();
  return {
    ...{ title, aim: { ratio: 0.9 }, floor: null, connections: 4 },
    path: catalog(always(get("catalog", await pathOf(sample), token))),
    baseline: bare(always(get("bare", `/r2/${await samples.objectKeyOf(sample)}`))),
  };
}

/** Compares a signed URL with the same R2 object without checks. */
async function file(title: string, aim: Scenario["aim"], sample: SampleRelease, samples: Samples): Promise<Scenario> {
  await samples.publish(sample);
  return {
    ...{ title, aim, floor: null },
    path: catalog(always(get("catalog", await samples.linkTo(sample)))),
    baseline: bare(always(get("bare", `/r2/${await samples.objectKeyOf(sample)}`))),
  };
}
