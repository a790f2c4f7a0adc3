import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { PROBLEMS, type ProblemCode } from "../../../src/platform/http/problem.ts";
import { PROBLEM_HELP } from "../../../src/web/reference/problems/help.ts";

const ask = (path: string, headers: Record<string, string> = {}) =>
  exports.default.fetch(`https://catalog.test${path}`, { headers, redirect: "manual" });

const CODES = Object.keys(PROBLEMS) as ProblemCode[];

describe("the pages about problems", () => {
  it("the type of a problem is the address of its page on this host", async () => {
    const problem: { type: string } = await (await ask("/v1/workers/none")).json();
    expect(problem.type).toBe("https://catalog.test/docs/problems/WORKER_NOT_FOUND");
    const page = await exports.default.fetch(problem.type);
    expect([page.status, page.headers.get("Content-Type")]).toEqual([200, "text/html; charset=utf-8"]);
  });

  it("a problem of the paths without a router has the same type", async () => {
    const problem: { type: string } = await (await ask("/v1/workers/llm-worker-rbee-premium-cpu/1.0.0/files/x")).json();
    expect(problem.type).toMatch(/^https:\/\/catalog\.test\/docs\/problems\/[A-Z_]+$/);
  });

  it("every code has a page with its cause and remedy", async () => {
    for (const code of CODES) {
      const html = await (await ask(`/docs/problems/${code}`)).text();
      expect(html).toContain(`<code>${code}</code>`);
      for (const words of [PROBLEM_HELP[code].cause, PROBLEM_HELP[code].remedy]) {
        const [first = ""] = words.split(/[`'"&]/).filter((part) => part.length > 12);
        expect(html, code).toContain(first);
      }
    }
  });

  it("the list has every code", async () => {
    const html = await (await ask("/docs/problems")).text();
    for (const code of CODES) expect(html).toContain(`href="/docs/problems/${code}"`);
  });

  it("the spelling of the former addresses leads to the page", async () => {
    const answer = await ask("/docs/problems/machine-limit-reached");
    expect([answer.status, answer.headers.get("Location")]).toEqual([303, "/docs/problems/MACHINE_LIMIT_REACHED"]);
  });

  it("an unknown code is not found", async () => {
    expect((await ask("/docs/problems/NO_SUCH_CODE")).status).toBe(404);
  });
});
