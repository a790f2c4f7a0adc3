import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../../src");

/** From the ground up: a file imports from its own wing and from those before it. */
const WINGS = ["lib", "platform", "domain", "formats", "web", "app"];

/** An import that leaves its room. */
type Import = { file: string; from: string; target: string; to: string };

/** The room of a file: its wing and folder. `lib` and `cli` are one room each; the files beside the wings are `app`. */
function roomOf(path: string): string {
  const [wing = "", room = ""] = path.split("/");
  if (!path.includes("/")) return "app";
  return wing === "lib" || wing === "cli" ? wing : `${wing}/${room}`;
}

const wingOf = (room: string): string => room.split("/")[0] ?? "";

/** Every import between two rooms of `src`, dynamic ones and those of types included. */
const IMPORTS: Import[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && path !== "env.d.ts")
  .flatMap((file) =>
    [...readFileSync(join(SRC, file), "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(
      ([, specifier]) => {
        const target = posix.normalize(posix.join(posix.dirname(file), specifier ?? ""));
        return { file, from: roomOf(file), target, to: roomOf(target) };
      },
    ),
  )
  // Texts that ship inside the bundle: recipes, public keys, the install guide.
  .filter(({ from, target, to }) => from !== to && !target.startsWith("../"));

const shown = ({ file, target }: Import): string => `${file} imports ${target}`;

it("imports: they are found in every wing, and every wing has its place in the order", () => {
  const wings = new Set(IMPORTS.flatMap(({ from, to }) => [wingOf(from), wingOf(to)]));
  expect([...wings].sort()).toEqual([...WINGS, "cli"].sort());
});

it("imports: every wing imports only from those before it", () => {
  const upward = IMPORTS.filter(
    ({ from, to }) => wingOf(from) !== "cli" && WINGS.indexOf(wingOf(from)) < WINGS.indexOf(wingOf(to)),
  );
  expect(upward.map(shown)).toEqual([]);
});

it("imports: the command line uses lib, the domain and rules of packages, and nothing uses the command line", () => {
  const isAllowed = (target: string) => /^(lib|domain)\/|^formats\/\w+\/rules\.ts$/.test(target);
  const wrong = IMPORTS.filter(({ from, to, target }) => to === "cli" || (from === "cli" && !isAllowed(target)));
  expect(wrong.map(shown)).toEqual([]);
});

it("imports: no rooms import each other in a circle", () => {
  let edges = IMPORTS;
  // A room without importers, or without imports, is in no circle. Remove such rooms until only circles remain.
  for (let before = 0; before !== edges.length; ) {
    before = edges.length;
    const importing = new Set(edges.map(({ from }) => from));
    const imported = new Set(edges.map(({ to }) => to));
    edges = edges.filter(({ from, to }) => imported.has(from) && importing.has(to));
  }
  expect(edges.map(shown)).toEqual([]);
});
