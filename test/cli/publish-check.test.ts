import { describe, expect, it } from "vitest";
import { CatalogClient } from "../../src/cli/catalog-client.ts";
import { completeUpload, requireAcceptedSignature } from "../../src/cli/publish/check.ts";
import type { ReleaseFile } from "../../src/cli/publish/release-file.ts";
import { serve } from "../support/node/http-server.ts";

/** Too small for a line of progress, which would be in the way of the tests' output. */
const SIZE = 1000;
const file: ReleaseFile = {
  ...{ path: "/nowhere/worker", filename: "worker", kind: "binary", platform: "linux-x86_64", size: SIZE, sha256: "" },
  ...{ signature: "signed", pgpSignature: null, package: null },
};

type Answer = { status?: number; check?: object | null; retryAfter?: number; problem?: object };

const running = (checked: number, retryAfter = 2): Answer => ({
  status: 202,
  check: { state: "running", checked, size: SIZE, problem: null },
  retryAfter,
});
const stalled: Answer = { check: { state: "stalled", checked: 5, size: SIZE, problem: null } };
const passed: Answer = { check: { state: "passed", checked: SIZE, size: SIZE, problem: null } };
const refused: Answer = {
  check: {
    ...{ state: "refused", checked: SIZE, size: SIZE },
    problem: {
      ...{
        code: "VALIDATION_FAILED",
        status: 422,
        title: "Invalid request",
        detail: "The signature is wrong.",
      },
      errors: [{ path: "signature", message: "The signature is wrong." }],
    },
  },
};

/** Completes the file at a catalog with these answers. The last one repeats. */
const complete = (...answers: Answer[]) => ask(completeUpload, answers);

async function ask(act: typeof completeUpload, answers: readonly Answer[]) {
  const requests: string[] = [];
  const waits: number[] = [];
  const server = await serve((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const {
      status = 200,
      check,
      retryAfter,
      problem,
    } = answers[Math.min(requests.length, answers.length) - 1] ?? passed;
    const headers = retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) };
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify(problem ?? { artifact: {}, check }));
  });
  const client = new CatalogClient({ url: server.url, sleep: async (ms) => waits.push(ms) });
  const outcome = await act(client, "/file", file).then(
    () => "ready",
    (error: unknown) => error,
  );
  server.close();
  return { outcome, requests, waits };
}

describe("publishing a file: the check", () => {
  it("ends at once if the catalog checks the file before it answers, now or in an older version", async () => {
    for (const answer of [passed, {}]) {
      expect(await complete(answer)).toEqual({ outcome: "ready", requests: ["POST /file/complete"], waits: [] });
    }
  });

  it("is followed until it has passed, and waits at least as long as the catalog asks for", async () => {
    const { outcome, requests, waits } = await complete(running(0), running(5, 30), running(5, 30), passed);
    expect([outcome, requests]).toEqual(["ready", ["POST /file/complete", ...Array(3).fill("GET /file")]]);
    for (const [index, least] of [2000, 30_000, 30_000].entries()) expect(waits[index]).toBeGreaterThanOrEqual(least);
  });

  it("is asked about less and less often while it makes no progress", async () => {
    const still = Array.from({ length: 8 }, () => running(5, 0));
    const { waits } = await complete(...still, passed);
    expect(waits).toHaveLength(8);
    expect(waits.at(-1)).toBe(10_000);
    expect(waits[0]).toBeLessThan(1000);
  });

  it("is started again by another completion when it has stalled", async () => {
    const { outcome, requests } = await complete(running(0), stalled, running(5), passed);
    expect([outcome, requests]).toEqual([
      "ready",
      ["POST /file/complete", "GET /file", "POST /file/complete", "GET /file"],
    ]);
  });

  it("that refuses the file fails like a refusal at once, with its exit status and every fault", async () => {
    const { outcome } = await complete(running(0), refused);
    expect(outcome).toMatchObject({
      exitCode: 2,
      status: 422,
      message: expect.stringContaining("The signature is wrong. (VALIDATION_FAILED)"),
    });
  });

  it("fails if another request has begun the upload again", async () => {
    const { outcome } = await complete(running(0), { check: null });
    expect(outcome).toMatchObject({ exitCode: 1, message: expect.stringContaining("Run the same command again") });
  });

  it("is given up after 15 minutes without progress, and can be followed again later", async () => {
    const { outcome, waits } = await complete(running(5, 60));
    expect(outcome).toMatchObject({
      exitCode: 7,
      message: expect.stringContaining("Run the same command again later"),
    });
    const waited = waits.reduce((sum, wait) => sum + wait, 0) / 60_000;
    expect([waited > 13, waited <= 15]).toEqual([true, true]);
  });
});

describe("a signature before the upload", () => {
  const refusal = (...paths: string[]): Answer => ({
    status: 422,
    problem: {
      code: "VALIDATION_FAILED",
      detail: "It was made for version 1.0.0.",
      errors: paths.map((path) => ({ path, message: "It was made for version 1.0.0." })),
    },
  });

  it("is accepted if the catalog misses only the parts, or nothing", async () => {
    for (const answer of [refusal("parts"), passed, running(0)]) {
      expect(await ask(requireAcceptedSignature, [answer])).toMatchObject({
        outcome: "ready",
        requests: ["POST /file/complete"],
      });
    }
  });

  it("is refused in the catalog's words, before a byte is sent", async () => {
    for (const answer of [refusal("signature"), refusal("parts", "signature"), { ...refusal(), status: 409 }]) {
      const { outcome } = await ask(requireAcceptedSignature, [answer]);
      expect(outcome).toMatchObject({
        exitCode: expect.any(Number),
        message: expect.stringContaining("version 1.0.0"),
      });
    }
  });
});
