import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arHeader } from "../../../src/formats/apt/ar.ts";
import { controlOf } from "../../../src/formats/apt/control.ts";
import { relationsOf } from "../../../src/formats/apt/dependencies.ts";
import { reasonOf } from "../../../src/formats/apt/reason.ts";

const WORKER = {
  id: "llm-worker-rbee-cuda",
  tier: "free",
  backend: "cuda",
  summary: "LLM inference worker",
  homepage: "https://rbee.dev",
  license: "GPL-3.0-or-later",
} as const;

describe("the relations of a Debian package", () => {
  it("are a dependency on glibc, and none on musl or without a word about the C library", () => {
    expect(relationsOf({ libc: { name: "glibc", version: "2.31" } }).depends).toEqual(["libc6 (>= 2.31)"]);
    expect(relationsOf({ libc: { name: "glibc" } }).depends).toEqual(["libc6"]);
    expect(relationsOf({ libc: { name: "musl", version: "1.2" } }).depends).toEqual([]);
    expect(relationsOf(null)).toEqual({ depends: [], recommends: [], suggests: [] });
  });

  it("recommend CUDA's libraries by NVIDIA's names and the distribution's, and only suggest a driver", () => {
    const { recommends, suggests } = relationsOf({ cuda: { min: "12.4" } });
    expect(recommends).toEqual([
      "cuda-cudart-12-4 | libcudart12 (>= 12.4)",
      "libcublas-12-4 | libcublas12",
      "cuda-nvrtc-12-4 | libnvrtc12 (>= 12.4)",
      "libcurand-12-4 | libcurand10",
    ]);
    expect(suggests).toEqual(["libcuda1"]);
    expect(relationsOf({ rocm: { min: "6.0" } }).recommends).toContain("hip-runtime-amd | libamdhip64-5");
  });
});

it("control file: no text of a worker can add a field or a paragraph", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), (summary, backend) => {
      const worker = { ...WORKER, summary: `${summary}\nEssential: yes\n\n`, backend: `${backend}\nDepends: evil` };
      const control = controlOf({ worker, version: "1.2.0", requires: null }, "amd64", 5);
      const names = control.split("\n").map((line) => /^(\S+?):/.exec(line)?.[1] ?? "");
      expect(names).not.toContain("Essential");
      expect(names).not.toContain("Depends");
      expect(control.trimEnd()).not.toMatch(/\n\s*\n/);
    }),
  );
});

it("ar header: it has 60 bytes for every size that it can hold, and no other is written", () => {
  const header = (name: string, size: number) => arHeader({ name, size, mtime: 1_790_000_000 });
  expect(new TextDecoder().decode(header("data.tar", 9_999_999_999))).toBe(
    "data.tar        1790000000  0     0     100644  9999999999`\n",
  );
  expect(() => header("data.tar", 10_000_000_000)).toThrow(RangeError);
  expect(() => header("a-name-of-16-chars", 1)).toThrow(RangeError);
});

it("reason phrase: it is printable ASCII of bounded length, and keeps its hint whole", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 500, unit: "binary" }), (detail) => {
      const reason = reasonOf({ code: "LICENSE_REVOKED", detail }, " Hint.");
      expect(reason).toMatch(/^License revoked:[ -~]* Hint\.$/);
      expect(reason.length).toBeLessThanOrEqual(340);
    }),
  );
});
