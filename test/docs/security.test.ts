import { describe, expect, it } from "vitest";
import security from "../../docs/security.md?raw";

/** The names of all tests, without their folders. */
const sources = import.meta.glob<string>("../**/*.test.{ts,tsx}", { query: "?raw", import: "default", eager: true });
const tests = Object.keys(sources).map((path) => path.split("/").at(-1));

/** The first cells of the table's rows under a heading. */
const rowsUnder = (heading: string): string[] =>
  (security.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split(" | ")[0]?.slice(2) ?? "");

describe("docs/security.md", () => {
  it("names only tests that exist", () => {
    const named = [...security.matchAll(/`([\w-]+\.test\.tsx?)`/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !tests.includes(name))).toEqual([]);
  });

  it("has a row for each attacker", () => {
    const rows = rowsUnder("Threats").join("\n");
    for (const attacker of [
      ...["anonymous", "customer", "ex-customer", "key thief", "token thief", "publisher-token thief", "support admin"],
      ...["owner", "storage thief", "event forger", "man in the middle", "hostile hive", "hostile upstream repository"],
    ]) {
      expect(rows, attacker).toContain(`\n${attacker}`);
    }
  });

  it("has a row for each thing that can be stolen", () => {
    const rows = rowsUnder("What a thief can do").join("\n");
    for (const stolen of [
      ...["license key", "license token", "download link", "fingerprint", "account cookie", "console cookie"],
      ...["recovery link", "admin token", "OIDC token", "release key", "index key", "LICENSE_KEY_SECRET"],
      ...["LICENSE_SIGNING_KEY", "DOWNLOAD_LINK_SECRET", "Stripe key", "webhook secret", "backup", "KV"],
    ]) {
      expect(rows, stolen).toContain(stolen);
    }
  });
});
