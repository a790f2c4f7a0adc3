import { describe, expect, it } from "vitest";
import { PROBLEMS, type ProblemCode, problemResponse } from "../../../src/platform/http/problem.ts";
import { ProblemSchema, problems } from "../../../src/platform/http/problem-schema.ts";

const CODES = Object.keys(PROBLEMS) as ProblemCode[];
const Strict = ProblemSchema.strict();

describe("the description of problems", () => {
  it("accepts every real problem response", async () => {
    const extras = {
      errors: [{ path: "limit", message: "too big" }],
      purchase_url: "https://rbee.dev/",
      retry_after: 60,
      latest_covered_version: null,
    };
    for (const code of CODES) {
      const response = problemResponse({ code, detail: "Like this.", extras }, "request-1");
      const body = Strict.parse(await response.json());
      expect(body).toMatchObject({ code, status: response.status, request_id: "request-1" });
    }
  });

  it("has one entry for each status, with its codes and a valid example of each", () => {
    const entries = problems("KEY_INVALID", "TOKEN_INVALID", "RATE_LIMITED");
    expect(Object.keys(entries)).toEqual(["401", "429"]);
    expect(entries[401].description).toContain("`TOKEN_INVALID`");
    const { examples } = entries[401].content["application/problem+json"];
    expect(Object.keys(examples)).toEqual(["KEY_INVALID", "TOKEN_INVALID"]);
    const all = Object.values(problems(...CODES)).flatMap((entry) =>
      Object.entries(entry.content["application/problem+json"].examples),
    );
    expect(all).toHaveLength(CODES.length);
    for (const [code, { value }] of all) expect(Strict.parse(value).code).toBe(code);
  });
});
