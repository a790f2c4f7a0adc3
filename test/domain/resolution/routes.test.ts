import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ReleaseIndex } from "../../../src/domain/delivery/index/release-index.ts";
import { catalogWorkerOfIndex } from "../../../src/domain/resolution/catalog.ts";
import { choose } from "../../../src/domain/resolution/choose.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { askApp } from "../../support/ask-app.ts";
import { adminAct, hive, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { DESKTOP, machine } from "../../support/resolution-fixture.ts";

const CUDA = "llm-worker-rbee-cuda";
const PREMIUM = "llm-worker-rbee-premium-cuda";
const OLD_DRIVER = {
  ...DESKTOP,
  gpus: [{ vendor: "nvidia", driver: "535.183.01", cuda: "12.2", architecture: "8.6" }],
};

type Answer = {
  choice: { worker_id: string; version: string; platform: string; filename: string } | null;
  why: string;
  untried: string[];
  ruled_out: { worker_id: string; filename: string | null; code: string; detail: string }[];
};

const post = (body: unknown, credential?: string) =>
  hive("POST", "/v1/workers/resolve", { body, ...(credential === undefined ? {} : { credential }) });

async function resolve(body: unknown, credential?: string): Promise<Answer> {
  const response = await post(body, credential);
  expect(response.status).toBe(200);
  return response.json<Answer>();
}

const twoBuilds = (worker_id: string, version: string) =>
  publishRelease({
    ...{ worker_id, version },
    files: [
      { bytes: randomBytes(10), filename: "w-cuda13-linux-x86_64", requires: { cuda: { min: "13.0" } } },
      { bytes: randomBytes(10), filename: "w-cuda12-linux-x86_64", requires: { cuda: { min: "12.4" } } },
    ],
  });

describe("POST /v1/workers/resolve", () => {
  beforeEach(async () => {
    await publishRelease({ worker_id: "llm-worker-rbee-cpu", version: "1.0.0" });
    await twoBuilds(CUDA, "1.0.0");
  });

  it("chooses the build that the driver runs, and says why not the newer one", async () => {
    const { choice, why, untried, ruled_out } = await resolve({ machine: OLD_DRIVER });
    expect(choice).toEqual({
      ...{ worker_id: CUDA, version: "1.0.0", platform: "linux-x86_64", filename: "w-cuda12-linux-x86_64" },
    });
    expect(why).toBe(
      "llm-worker-rbee-cuda 1.0.0 fits this machine: it needs CUDA 12.4 (a driver for CUDA 12 or newer).",
    );
    expect(untried).toEqual([]);
    expect(ruled_out.find(({ filename }) => filename === "w-cuda13-linux-x86_64")).toMatchObject({
      code: "DRIVER_TOO_OLD",
      detail: "Driver 535.183.01 is too old for CUDA 13.0, which needs driver 580 or newer; the CUDA 12.4 build fits.",
    });
    const { choice: newer } = await resolve({ machine: { ...DESKTOP, gpus: [{ vendor: "nvidia", cuda: "13.1" }] } });
    expect(newer?.filename).toBe("w-cuda13-linux-x86_64");
  });

  it("answers in one line, the choice first", async () => {
    expect(await (await post({ machine: { platform: "linux-x86_64" } })).text()).toMatch(
      /^\{"choice":\{"worker_id":[^\n]*\}$/,
    );
  });

  it("takes any spelling of a platform, and ignores members that it does not know", async () => {
    for (const platform of ["Linux-AMD64", "linux-x64"]) {
      expect((await resolve({ machine: { platform, color: "red" }, taste: 1 })).choice?.worker_id).toMatch(/cpu$/);
    }
    expect((await resolve({ machine: { os: "LINUX", arch: "X86_64", gpus: null } })).choice?.worker_id).toMatch(/cpu$/);
    expect((await resolve({ machine: { platform: "haiku-x86_64" } })).choice).toBeNull();
  });

  it.each([
    [{}, "machine"],
    [{ machine: {} }, "machine.platform"],
    [{ machine: { platform: "linux" } }, "machine.arch"],
    [{ machine: { platform: "linux-x86_64", arch: "arm64" } }, "machine.arch"],
    [{ machine: { platform: "linux-x86_64", gpus: "many" } }, "machine.gpus"],
    [{ machine: { platform: "linux-x86_64" }, channel: "nightly" }, "channel"],
    [{ machine: { platform: "linux-x86_64" }, version: "1.0.0" }, "version"],
  ])("refuses %j at %s", async (body, path) => {
    const response = await post(body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path }] });
  });

  it("does not know a worker that there is not, and finds one by id, variant or family", async () => {
    const unknown = await post({ worker: "llm-worker-none", machine: OLD_DRIVER });
    expect([unknown.status, (await unknown.json<{ code: string }>()).code]).toEqual([404, "WORKER_NOT_FOUND"]);
    for (const worker of ["cuda", CUDA, "llm-worker-rbee"]) {
      expect((await resolve({ worker, machine: OLD_DRIVER })).choice?.worker_id).toBe(CUDA);
    }
    expect((await resolve({ worker: "cuda", version: "1.0.0", machine: OLD_DRIVER })).choice?.version).toBe("1.0.0");
    for (const newest of ["latest", "", null]) {
      expect((await resolve({ worker: "cuda", version: newest, machine: OLD_DRIVER })).choice?.version).toBe("1.0.0");
    }
    for (const [version, detail] of [
      ["9.0.0", "llm-worker-rbee-cuda has no version 9.0.0."],
      ["\u001b[2J", "llm-worker-rbee-cuda has no such version."],
    ]) {
      const { ruled_out } = await resolve({ worker: "cuda", version, machine: OLD_DRIVER });
      expect(ruled_out).toMatchObject([{ code: "VERSION_NOT_FOUND", detail }]);
    }
  });

  it("answers pages of our origins, which ask with a preflight", async () => {
    const headers = { Origin: "https://marketplace.rbee.dev", "Access-Control-Request-Method": "POST" };
    const at = "https://catalog.test/v1/workers/resolve";
    const preflight = await exports.default.fetch(at, { method: "OPTIONS", headers });
    expect(preflight.headers.get("Access-Control-Allow-Methods")).toContain("POST");
    const body = { machine: OLD_DRIVER };
    const answer = await hive("POST", "/v1/workers/resolve", { body, headers: { Origin: headers.Origin } });
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe(headers.Origin);
    await answer.arrayBuffer();
  });

  it("reads nothing while the isolate has the records, and never the ledger", async () => {
    await resolve({ machine: OLD_DRIVER });
    const refuse = () => {
      throw new Error("read");
    };
    const bindings = { ...env, EDGE: { get: refuse }, DB: { prepare: refuse, batch: refuse } };
    const init = { method: "POST", headers: { "Content-Type": "application/json" } };
    const response = await askApp(
      "/v1/workers/resolve",
      { ...init, body: JSON.stringify({ machine: OLD_DRIVER }) },
      bindings,
    );
    expect(response.status).toBe(200);
  });

  it("answers from the ledger if KV fails", async () => {
    forgetIsolate();
    vi.spyOn(env.EDGE, "get").mockRejectedValue(new Error("KV GET failed"));
    expect((await resolve({ machine: OLD_DRIVER })).choice?.worker_id).toBe(CUDA);
    expectLogged("edge.unreadable");
  });

  it("gives the answer that the signed indexes give", async () => {
    const { choice, ...rest } = await resolve({ worker: "llm-worker-rbee", machine: OLD_DRIVER });
    const { workers } = await (await exports.default.fetch("https://catalog.test/v1/workers")).json<{
      workers: { id: string }[];
    }>();
    const indexes = await Promise.all(
      workers.map(async ({ id }) => {
        const response = await exports.default.fetch(`https://catalog.test/v1/workers/${id}/index.json`);
        return catalogWorkerOfIndex(ReleaseIndex.parse(await response.json())) ?? [];
      }),
    );
    const wish = { worker: "llm-worker-rbee" };
    expect(choose(machine(OLD_DRIVER), indexes.flat(), null, wish)).toEqual({ choice, ...rest });
  });
});

describe("POST /v1/workers/resolve with a license", () => {
  beforeEach(async () => {
    await publishRelease({ worker_id: "llm-worker-rbee-cpu", version: "1.0.0" });
    await twoBuilds(PREMIUM, "1.0.0");
    await twoBuilds(PREMIUM, "2.0.0");
  });

  const codeOf = ({ ruled_out }: Answer) => ruled_out.find(({ worker_id }) => worker_id === PREMIUM)?.code;

  it("chooses the newest premium build that it covers, and takes no seat", async () => {
    const { key } = await issueLicense({ plan: "premium-lifetime" });
    const { choice, ruled_out, why } = await resolve({ machine: OLD_DRIVER }, key);
    expect(choice).toMatchObject({ worker_id: PREMIUM, version: "1.0.0", filename: "w-cuda12-linux-x86_64" });
    expect(why).toContain("2.0.0 is newer, but the license does not cover it.");
    expect(ruled_out[0]).toMatchObject({
      code: "VERSION_NOT_COVERED",
      detail: "The license covers versions <2.0.0, and not 2.0.0.",
    });
    const me = await (await hive("GET", "/v1/licenses/me", { credential: key })).json<{ license: { machines: [] } }>();
    expect(me.license.machines).toEqual([]);
  });

  it("is told that a license is needed, or that its license is not in force", async () => {
    expect(codeOf(await resolve({ machine: OLD_DRIVER }))).toBe("LICENSE_REQUIRED");
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "hive-1");
    expect((await resolve({ machine: OLD_DRIVER }, token)).choice?.worker_id).toBe(PREMIUM);
    await adminAct(id, "suspend");
    const { choice, ...answer } = await resolve({ machine: OLD_DRIVER }, token);
    expect(choice?.worker_id).toBe("llm-worker-rbee-cpu");
    expect(codeOf({ choice, ...answer })).toBe("LICENSE_SUSPENDED");
  });

  it("is told that its machine has no seat any more", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "hive-1");
    await hive("POST", "/v1/licenses/deactivate", { credential: key, body: { fingerprint: "hive-1" } });
    expect(codeOf(await resolve({ machine: OLD_DRIVER }, token))).toBe("MACHINE_DEACTIVATED");
  });

  it("is refused with a bad credential, unless only free workers are asked for", async () => {
    const bad = await post({ machine: OLD_DRIVER }, "rbee_lic_forged");
    expect([bad.status, (await bad.json<{ code: string }>()).code]).toEqual([401, "KEY_INVALID"]);
    expect((await post({ worker: "cpu", machine: OLD_DRIVER }, "rbee_lic_forged")).status).toBe(200);
    const { id, key } = await issueLicense();
    await adminAct(id, "rotate-key");
    const rotated = await post({ machine: OLD_DRIVER }, key);
    expect([rotated.status, (await rotated.json<{ code: string }>()).code]).toEqual([401, "KEY_ROTATED"]);
  });
});
