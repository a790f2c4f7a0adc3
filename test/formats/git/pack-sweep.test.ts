import { describe, expect, it } from "vitest";
import { replacedFiles } from "../../../src/formats/git/pack-sweep.ts";

const AT = 1_800_000_000;

/** The two files of a pack, the pack written a second after its index, `age` seconds before `AT`. */
const pack = (name: string, age: number) => [
  { key: `git/w/pack-${name}.idx`, uploaded: new Date((AT - age - 1) * 1000) },
  { key: `git/w/pack-${name}.pack`, uploaded: new Date((AT - age) * 1000) },
];

describe("the packs that were replaced by a time", () => {
  it("are none while there was only one, because it was in use until its successor came", () => {
    expect(replacedFiles(pack("a", 400_000), AT)).toEqual([]);
    expect(replacedFiles([...pack("a", 400_000), ...pack("b", -5)], AT)).toEqual([]);
  });

  it("are those that had a successor by then, complete, in any order of the list", () => {
    const files = [...pack("b", 50), ...pack("d", -50), ...pack("a", 100), ...pack("c", 10)];
    expect(replacedFiles(files, AT).sort()).toEqual(
      ["a", "b"].flatMap((name) => [`git/w/pack-${name}.idx`, `git/w/pack-${name}.pack`]),
    );
  });

  it("are not half of a pack that was being written then", () => {
    expect(replacedFiles(pack("a", -0.5), AT)).toEqual([]);
    expect(replacedFiles([...pack("a", 100), ...pack("b", -0.5)], AT)).toEqual(
      expect.not.arrayContaining(["git/w/pack-b.idx"]),
    );
  });

  it("are none if there are no packs", () => {
    expect(replacedFiles([], AT)).toEqual([]);
  });
});
