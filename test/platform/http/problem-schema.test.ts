import { describe, expect, it } from "vitest";
import { PROBLEMS, type ProblemCode, problemResponse } from "../../../src/platform/http/problem.ts";
import { ProblemSchema, problemExamples, problems } from "../../../src/platform/http/problem-schema.ts";

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
      const response = problemResponse({ code, detail: "Like this.", extras }, "request-1", "https://catalog.test");
      const body = Strict.parse(await response.json());
      expect(body).toMatchObject({ code, status: response.status, request_id: "request-1" });
      expect(body.type).toBe(`https://catalog.test/docs/problems/${code}`);
    }
  });

  it("has one entry for each status, with its codes and a reference to an example of each", () => {
    const entries = problems("KEY_INVALID", "TOKEN_INVALID", "RATE_LIMITED");
    expect(Object.keys(entries)).toEqual(["401", "429"]);
    expect(entries[401].description).toContain("`TOKEN_INVALID`");
    expect(entries[401].content["application/problem+json"].examples).toEqual({
      KEY_INVALID: { $ref: "#/components/examples/KEY_INVALID" },
      TOKEN_INVALID: { $ref: "#/components/examples/TOKEN_INVALID" },
    });
  });

  it("has a valid example of each code, of this origin", () => {
    const examples = Object.entries(problemExamples("https://catalog.test"));
    expect(examples.map(([code]) => code)).toEqual(CODES);
    for (const [code, { value }] of examples) {
      expect(Strict.parse(value)).toMatchObject({ code, type: `https://catalog.test/docs/problems/${code}` });
    }
  });
});
