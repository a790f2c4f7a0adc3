import { describe, expect, it } from "vitest";
import guide from "../../docs/api.md?raw";
import { SCOPES } from "../../src/platform/config/scopes.ts";
import { PROBLEMS } from "../../src/platform/http/problem.ts";
import configuration from "../../wrangler.toml?raw";

describe("docs/api.md", () => {
  it("lists every problem code with its status and title, and no other", () => {
    const rows = [...guide.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \| (.+) \|$/gm)].map(([, code, status, title]) => [
      code,
      { status: Number(status), title },
    ]);
    expect(Object.fromEntries(rows)).toEqual(PROBLEMS);
  });

  it("names every scope", () => {
    for (const scope of SCOPES) expect(guide).toContain(`\`${scope}\``);
  });

  it("gives the limits that are configured", () => {
    const limits = [
      ...configuration.matchAll(
        /^\[\[ratelimits\]\]\nname = "([A-Z_]+)"\nnamespace_id = .*\nsimple = { limit = (\d+), period = 60 }/gm,
      ),
    ];
    const described = [...guide.matchAll(/^\| [^|]+ \| [^|]+ \| (\d+) \|$/gm)].map(([, limit]) => limit);
    expect(described).toEqual(limits.map(([, , limit]) => limit));
    expect(limits.map(([, name]) => name)).toEqual([
      "FAILED_CREDENTIALS",
      "ADMIN_SIGN_IN",
      "ACTIVATIONS",
      "VERIFICATIONS",
      "TOKEN_REQUESTS",
      "CHECKOUTS",
      "RECOVERIES",
      "SESSION_LOOKUPS",
      "SIGN_INS",
    ]);
  });
});
