import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { workers } from "../../src/domain/workers/workers.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The worker ids, families and beginnings of them that a text names, without what follows an id in a file's name. */
const namesIn = (text: string): string[] => text.match(/\b[a-z]+-worker-rbee(?:-[a-z]+)*/g) ?? [];

/** Whether it names a worker or a family, or a file of a worker, such as `<id>-linux-x86_64`. */
const isNamed = (name: string): boolean =>
  workers.some(({ id, family }) => name === family.id || name === id || name.startsWith(`${id}-`));

it.each(["src", "scripts", "bench", "README.md", "docs", "clients"])(
  "%s names only workers of the table, so that every example works",
  (place) => {
    const files = place.includes(".")
      ? [place]
      : readdirSync(join(ROOT, place), { recursive: true, encoding: "utf8" }).map((path) => join(place, path));
    // The guide to new workers has made-up ones.
    const texts = files.filter((path) => /\.(tsx?|sh|rb|md)$/.test(path) && path !== "docs/catalog.md");
    const unknown = texts.flatMap((path) =>
      namesIn(readFileSync(join(ROOT, path), "utf8")).flatMap((name) => (isNamed(name) ? [] : `${path}: ${name}`)),
    );
    expect(unknown).toEqual([]);
  },
);
