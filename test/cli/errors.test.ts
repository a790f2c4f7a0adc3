import { describe, expect, it } from "vitest";
import { EXIT, exitCodeOf, problemCode } from "../../src/cli/errors.ts";
import { problemError } from "../../src/cli/problem.ts";
import { PROBLEMS, type ProblemCode } from "../../src/platform/http/problem.ts";

const codeOf = (code: ProblemCode) => exitCodeOf(code, PROBLEMS[code].status);

describe("the exit status", () => {
  it("tells scripts the kind of refusal", () => {
    expect(codeOf("VALIDATION_FAILED")).toBe(EXIT.usage);
    expect(codeOf("KEY_INVALID")).toBe(EXIT.notAuthorized);
    expect(codeOf("INSUFFICIENT_SCOPE")).toBe(EXIT.notAuthorized);
    expect(codeOf("VERSION_NOT_FOUND")).toBe(EXIT.notFound);
    expect(codeOf("LICENSE_REVOKED")).toBe(EXIT.refused);
    expect(codeOf("MACHINE_LIMIT_REACHED")).toBe(EXIT.refused);
    expect(codeOf("RELEASE_BLOCKED")).toBe(EXIT.refused);
    expect(codeOf("RATE_LIMITED")).toBe(EXIT.unavailable);
    expect(codeOf("INTERNAL_ERROR")).toBe(EXIT.unavailable);
  });

  it("is 5, not 3, for every refusal by a license", () => {
    for (const code of Object.keys(PROBLEMS)) {
      if (/^(LICENSE_(?!NOT_FOUND)|MACHINE_|NOT_ENTITLED|VERSION_NOT_COVERED)/.test(code)) {
        expect([code, exitCodeOf(code, 403)]).toEqual([code, EXIT.refused]);
      }
    }
  });

  it("follows the HTTP status for an unknown code and for the answer of a proxy", () => {
    expect(exitCodeOf("SOMETHING_NEW", 404)).toBe(EXIT.notFound);
    expect(problemError(502, "<html>Bad gateway</html>").exitCode).toBe(EXIT.unavailable);
    expect(problemError(401, "").exitCode).toBe(EXIT.notAuthorized);
  });
});

describe("the message of a refusal", () => {
  it("names the next step", () => {
    const body = {
      ...{ type: "x", title: "t", status: 403, code: "VERSION_NOT_COVERED", error: "t" },
      ...{
        detail: "Not this one.",
        request_id: "abcdefgh",
        purchase_url: "https://buy.example",
        latest_covered_version: "1.9.0",
      },
    };
    const error = problemError(403, JSON.stringify(body));
    expect(error.message.split("\n")).toEqual([
      "Not this one. (VERSION_NOT_COVERED)",
      "The newest version you may have: 1.9.0",
      "Buy or renew: https://buy.example",
      "Request id: abcdefgh",
    ]);
    expect(problemCode(error)).toBe("VERSION_NOT_COVERED");
    expect(problemCode(new Error("x"))).toBeNull();
  });
});

describe("the message of a refused request", () => {
  const refused = (...errors: { path: string; message: string }[]) =>
    problemError(422, JSON.stringify({ code: "VALIDATION_FAILED", detail: "x", errors })).message;

  it("has the option's name, and no word of a schema library", () => {
    expect(refused({ path: "machine_limit", message: "Too big: expected number to be <=1000" })).toBe(
      "--machines must be at most 1000. (VALIDATION_FAILED)",
    );
    expect(refused({ path: "plan", message: 'Invalid option: expected one of "a"|"b"' })).toBe(
      "--plan must be one of a, b. (VALIDATION_FAILED)",
    );
    expect(refused({ path: "email", message: "Invalid email address" })).toBe(
      "--email is not an email address. (VALIDATION_FAILED)",
    );
  });

  it("lists several faults, and keeps the catalog's own words", () => {
    const faults = [
      { path: "reason", message: "Invalid input: expected string, received undefined" },
      { path: "expires_at", message: "give either expires_at or days" },
    ];
    expect(refused(...faults).split("\n")).toEqual([
      "The catalog refuses this: (VALIDATION_FAILED)",
      "  --reason is missing.",
      "  --expires: give either expires_at or days",
    ]);
  });
});
