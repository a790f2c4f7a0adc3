import { describe, expect, it } from "vitest";
import { advertisement, answerOf, type PackRequest, parsePackRequest } from "../../../src/formats/git/upload-pack.ts";

/** The commits of a history, oldest first. */
const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(40)) as [string, string, string];
const history = [a, b, c];

const line = (text: string) => `${(text.length + 4).toString(16).padStart(4, "0")}${text}`;
const parse = (...lines: string[]) => parsePackRequest(new TextEncoder().encode(lines.join("")));
const request = (more: Partial<PackRequest>): PackRequest => ({
  ...{ wants: [c], haves: [], shallow: [], depth: null, isDone: true, sections: 1 },
  ...more,
});

describe("the request for a pack", () => {
  // The bytes that git 2.39 sends for `clone --depth 1`, and for a later fetch.
  it("of a shallow clone has its depth", () => {
    const wants = [line(`want ${c} agent=git/2.39.5`), line("deepen 1"), "0000"];
    expect(parse(...wants)).toEqual({ ok: true, value: request({ depth: 1, isDone: false }) });
    expect(parse(...wants, line("done\n"))).toEqual({ ok: true, value: request({ depth: 1 }) });
  });

  it("of a fetch has the commits of the client", () => {
    const lines = [line(`want ${c}\n`), line(`shallow ${b}`), "0000", line(`have ${b}\n`), "0000"];
    expect(parse(...lines)).toEqual({
      ok: true,
      value: request({ haves: [b], shallow: [b], isDone: false, sections: 2 }),
    });
  });

  it.each(["", "0000", "x", "0003x", "zzzz", line("want short\n"), line("push\n"), line("deepen 0\n")])(
    "is refused: %j",
    (body) => {
      expect(parse(body).ok).toBe(false);
    },
  );
});

describe("the answer to a request for a pack", () => {
  it.each<[string, Partial<PackRequest>, string]>([
    ["a clone", {}, line("NAK\n")],
    ["a fetch with a common commit", { haves: ["f".repeat(40), a] }, line(`ACK ${a}\n`)],
    ["a question without a common commit", { haves: ["f".repeat(40)], isDone: false, sections: 2 }, line("NAK\n")],
    ["the first question of a clone of one commit", { depth: 1, isDone: false }, `${line(`shallow ${c}`)}0000`],
    ["a clone of one commit", { depth: 1 }, `${line(`shallow ${c}`)}0000${line("NAK\n")}`],
    ["a clone of the whole depth", { depth: 3 }, `0000${line("NAK\n")}`],
    [
      "a deeper fetch",
      { depth: 2, shallow: [c] },
      `${line(`shallow ${b}`)}${line(`unshallow ${c}`)}0000${line("NAK\n")}`,
    ],
    ["a fetch of all", { depth: 2147483647, shallow: [b] }, `${line(`unshallow ${b}`)}0000${line("NAK\n")}`],
    ["a depth that stays", { depth: 1, shallow: [c] }, `0000${line("NAK\n")}`],
  ])("is right for %s", (_, more, expected) => {
    expect(answerOf(request(more), history)).toBe(expected);
  });
});

it("the advertisement names one branch and clones with a depth", () => {
  expect(advertisement(c, "refs/heads/master")).toBe(
    `001e# service=git-upload-pack\n0000${line(`${c} HEAD\0shallow symref=HEAD:refs/heads/master agent=rbee-catalog\n`)}` +
      `${line(`${c} refs/heads/master\n`)}0000`,
  );
});
