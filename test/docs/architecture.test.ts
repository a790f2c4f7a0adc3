import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import guide from "../../docs/architecture.md?raw";

const sources = import.meta.glob<string>("../../src/*/**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The names in the first column of the table under this heading. */
function namesUnder(heading: string): string[] {
  const [, section = ""] = guide.split(`## ${heading}\n`);
  const rows = section.split("\n## ")[0]?.matchAll(/^\| (`[^|]+) \|/gm) ?? [];
  return [...rows].flatMap(([, cell = ""]) => [...cell.matchAll(/`([\w/]+)`/g)].map(([, name = ""]) => name)).sort();
}

/** The room of a source file: its wing and folder; `lib` and `cli` are one room each. */
function roomOf(path: string): string {
  const [wing = "", room = ""] = path.split("/").slice(3);
  return wing === "lib" || wing === "cli" ? wing : `${wing}/${room}`;
}

it("docs/architecture.md says of every table of the ledger and the statistics what it holds", async () => {
  const tablesOf = async (db: D1Database) => {
    const { results } = await db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    // Those of SQLite, D1 and the platform are not ours.
    return results.map(({ name }) => String(name)).filter((name) => !/^(sqlite|d1|_cf)_/.test(name));
  };
  const tables = [...(await tablesOf(env.DB)), ...(await tablesOf(env.STATISTICS))];
  expect(namesUnder("Data")).toEqual(tables.sort());
});

it("docs/architecture.md says of every room what it can do", () => {
  const rooms = new Set(Object.keys(sources).map(roomOf));
  expect(namesUnder("Rooms")).toEqual([...rooms].sort());
});
