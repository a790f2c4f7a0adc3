import { expect, it } from "vitest";
import { MIGRATIONS } from "../../../src/domain/doctor/migrations.ts";

const ledger = import.meta.glob<string>("../../../migrations/*.sql", { query: "?raw", import: "default", eager: true });
const statistics = import.meta.glob<string>("../../../migrations/statistics/*.sql", {
  query: "?raw",
  import: "default",
  eager: true,
});

const namesOf = (files: object): string[] =>
  Object.keys(files)
    .map((path) => path.slice(path.lastIndexOf("/") + 1))
    .sort();

it("MIGRATIONS: names every file of the folders of migrations, in order", () => {
  expect(MIGRATIONS).toEqual({ ledger: namesOf(ledger), statistics: namesOf(statistics) });
});
