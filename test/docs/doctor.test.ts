import { expect, it } from "vitest";
import cli from "../../docs/cli.md?raw";
import guide from "../../docs/doctor.md?raw";
import { CHECKS } from "../../src/domain/doctor/checks.ts";
import { STATUSES } from "../../src/domain/doctor/finding.ts";

it("docs/doctor.md lists every check with its meaning and remedy, in the order of a report, and no other", () => {
  const table = guide.slice(guide.indexOf("## Checks"));
  const rows = [...table.matchAll(/^\| `([a-z-]+)` \| (.+) \| (.+) \|$/gm)].map(([, name, meaning, remedy]) => [
    name,
    { meaning, remedy },
  ]);
  expect(rows).toEqual(Object.entries(CHECKS));
});

it("docs/doctor.md explains every status, and docs/cli.md the exit status", () => {
  for (const status of STATUSES) expect(guide).toContain(`| \`${status}\` |`);
  expect(cli).toMatch(/^\| 8 \| .*doctor/m);
});
