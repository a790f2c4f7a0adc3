import { describe, expect, it } from "vitest";
import { EXIT, ProblemError } from "../../src/cli/errors.ts";
import type { SentLicense } from "../../src/cli/hive/license.ts";
import type { Machine } from "../../src/cli/hive/probe/facts.ts";
import { chooseBuild, firstChoice, type Resolution, type Wanted } from "../../src/cli/hive/resolve.ts";

/** The wish for a build: when the license is sent, and the words if nothing fits. */
const MACHINE: Machine = { platform: "linux-x86_64", gpus: [{ vendor: "nvidia" }] };
const URL = "https://catalog.test";
const KEY: SentLicense = { credential: "rbee_lic_x" };

const chosen = (worker_id: string, version = "1.0.0"): Resolution => ({
  choice: { worker_id, version, platform: "linux-x86_64", filename: `${worker_id}-linux-x86_64` },
  why: "It fits.",
  untried: [],
  ruled_out: [],
});
const refused = (code: string, worker_id = "llm-worker-rbee-premium-cuda"): Resolution => ({
  choice: null,
  why: `${worker_id}: ${code}.`,
  untried: [],
  ruled_out: [{ worker_id, filename: null, code, detail: `${code}.` }],
});

/** Runs a wish against these answers in turn. Returns the build and the credentials that were sent. */
async function wish(
  wanted: Wanted,
  answers: readonly (Resolution | null | Error)[],
  license: { current?: SentLicense | null | Error; replaced?: SentLicense | null } = {},
  url = URL,
  isElsewhere = false,
) {
  const asked: unknown[] = [];
  const notes: string[] = [];
  const current = async (): Promise<SentLicense | null> => {
    if (license.current instanceof Error) throw license.current;
    return license.current ?? null;
  };
  const left = [...answers];
  const { build } = await chooseBuild(
    async (what, _machine, sent) => {
      asked.push([what.worker, what.version, sent?.credential]);
      const answer = left.shift();
      if (answer instanceof Error) throw answer;
      return answer ?? null;
    },
    {
      ...{ wanted, machine: MACHINE, isElsewhere, url },
      license: { current, replaced: async () => license.replaced ?? null },
      note: (text) => void notes.push(text),
    },
  );
  return { build, asked, notes };
}

const auto: Wanted = { worker: undefined, version: undefined };
const premium: Wanted = { worker: "premium-cuda", version: undefined };
const fits = { worker: "llm-worker-rbee-cpu", version: "1.0.0", filename: "llm-worker-rbee-cpu-linux-x86_64" };

describe("a wish without a name", () => {
  it("sends the license, because it decides about the best worker", async () => {
    expect(await wish(auto, [chosen("llm-worker-rbee-cpu")], { current: KEY })).toEqual({
      build: fits,
      asked: [[undefined, undefined, KEY.credential]],
      notes: [],
    });
  });

  it("sends no license where others could read it", async () => {
    const { asked } = await wish(auto, [chosen("llm-worker-rbee-cpu")], { current: KEY }, "http://192.0.2.1");
    expect(asked).toEqual([[undefined, undefined, undefined]]);
  });

  it("takes a free worker and says so if the license of the machine is refused", async () => {
    const revoked = new ProblemError(403, { code: "LICENSE_REVOKED", detail: "It was revoked." });
    const { asked, notes } = await wish(auto, [chosen("llm-worker-rbee-cpu")], { current: revoked });
    expect([asked, notes]).toEqual([[[undefined, undefined, undefined]], [expect.stringContaining("LICENSE_REVOKED")]]);
  });

  it("looks for a named version of the worker that fits", async () => {
    const answers = [chosen("llm-worker-rbee-cpu", "1.1.0"), chosen("llm-worker-rbee-cpu")];
    const { build, asked } = await wish({ worker: undefined, version: "1.0.0" }, answers);
    expect([build, asked.at(-1)]).toEqual([fits, ["llm-worker-rbee-cpu", "1.0.0", undefined]]);
  });

  it("goes by the GPU if the catalog cannot choose", async () => {
    expect((await wish(auto, [null])).build).toEqual({ worker: "cuda", version: undefined });
  });
});

describe("a wish for a named worker", () => {
  it("sends no license for a worker that this system cannot have", async () => {
    for (const code of ["WRONG_PLATFORM", "NOT_RELEASED", "LIBC_MISMATCH"]) {
      await expect(wish(premium, [refused(code)], { current: KEY })).rejects.toMatchObject({
        message: expect.stringMatching(new RegExp(`\\(${code}\\)$`)),
      });
    }
  });

  it("sends the license once it is all that is missing", async () => {
    const answers = [refused("LICENSE_REQUIRED"), chosen("llm-worker-rbee-premium-cuda")];
    const { asked } = await wish(premium, answers, { current: KEY });
    expect(asked.map((one) => one)).toEqual([
      ["premium-cuda", undefined, undefined],
      ["premium-cuda", undefined, KEY.credential],
    ]);
    await expect(wish(premium, answers)).rejects.toMatchObject({ exitCode: EXIT.notAuthorized });
  });

  it.each([
    ["a refusal", new ProblemError(401, { code: "TOKEN_EXPIRED" })],
    ["a reason", refused("TOKEN_INVALID")],
  ])("replaces a token that is no longer accepted, told by %s", async (_, answer) => {
    const answers = [refused("LICENSE_REQUIRED"), answer, chosen("llm-worker-rbee-premium-cuda")];
    const { asked } = await wish(premium, answers, { current: { credential: "a.b.c" }, replaced: KEY });
    expect(asked.at(-1)).toEqual(["premium-cuda", undefined, KEY.credential]);
  });

  it.each([
    ["NOT_RELEASED", EXIT.notFound],
    ["WRONG_PLATFORM", EXIT.notFound],
    ["LICENSE_REVOKED", EXIT.refused],
    ["VERSION_NOT_COVERED", EXIT.refused],
    ["DRIVER_TOO_OLD", EXIT.failure],
  ])("ends with the status of %s, and its reason last", async (code, exitCode) => {
    await expect(wish(premium, [refused(code)])).rejects.toMatchObject({ exitCode });
  });
});

describe("a wish that nothing fits", () => {
  it("gets the way to another machine, unless it is for one", async () => {
    const wrong = refused("WRONG_PLATFORM");
    await expect(wish(premium, [wrong])).rejects.toThrow("name its --platform");
    await expect(wish(premium, [wrong], {}, URL, true)).rejects.not.toThrow("--platform");
  });

  it("gets the recipe of a free worker without a binary", async () => {
    const detail = "It has no released binary for linux-aarch64 yet. Its recipe builds it from source.";
    const ruled_out = [{ worker_id: "llm-worker-rbee-cpu", filename: null, code: "NOT_RELEASED", detail }];
    const none = { ...refused("NOT_RELEASED"), ruled_out };
    for (const wanted of [auto, { worker: "cpu", version: undefined }]) {
      await expect(wish(wanted, [none])).rejects.toThrow(`${URL}/workers/llm-worker-rbee-cpu/PKGBUILD`);
    }
  });
});

it("a worker for the GPU without a release is named if the CPU is taken instead", () => {
  const rows = refused("NOT_RELEASED", "llm-worker-rbee-cuda").ruled_out;
  const ruled_out = rows.map((row) => ({
    ...row,
    detail: "It has no released binary yet. Its recipe builds it from source.",
  }));
  expect(firstChoice({ ...chosen("llm-worker-rbee-cpu"), ruled_out }, URL)).toContain(
    "Chose the cuda worker, but llm-worker-rbee-cuda has no binary release",
  );
  expect(firstChoice({ ...chosen("llm-worker-rbee-premium-cuda"), ruled_out }, URL)).toBeNull();
  expect(firstChoice({ ...chosen("llm-worker-rbee-cpu"), ruled_out: rows }, URL)).toBeNull();
});
