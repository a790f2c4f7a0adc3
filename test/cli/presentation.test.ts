import { afterEach, describe, expect, it } from "vitest";
import { formatFields, formatTable, startLoggedProgress } from "../../src/cli/output.ts";
import { columnsOf, painted, presentationFor, setPresentation, shortened } from "../../src/cli/presentation.ts";
import { runProgram } from "../../src/cli/program.ts";
import { serve } from "../support/node/http-server.ts";

afterEach(() => {
  setPresentation();
});

const LICENSE = "lic_06b4m2v8w5r7q1t3x9z2k4n6p8";
const HEADINGS = ["LICENSE", "STATUS", "EMAIL", "NOTE"];
const ROWS = [[LICENSE, "active", "ada.augusta.lovelace@analytical.example", "paid by bank transfer, and late"]];

describe("a table on a terminal", () => {
  it("fits: long texts end with an ellipsis, and ids stay whole", () => {
    setPresentation({ width: 80 });
    const plain = painted(formatTable(HEADINGS, ROWS), false).split("\n");
    expect(plain.every((line) => columnsOf(line) <= 80)).toBe(true);
    expect(plain[1]).toMatch(/^lic_06b4m2v8w5r7q1t3x9z2k4n6p8 {2}active {2}ada\.\S*… {2,}paid.*…$/);
  });

  it("keeps the names of workers and local times whole", () => {
    setPresentation({ width: 60 });
    const table = formatTable(
      ["WORKER", "AT", "DESCRIPTION"],
      [["llm-worker-rbee-premium-cpu", "2026-11-29 12:44", "LLM inference worker for rbee, for any CPU"]],
    );
    expect(painted(table, false).split("\n")[1]).toMatch(
      /^llm-worker-rbee-premium-cpu {2}2026-11-29 12:44 {2}LLM\b.*…$/,
    );
  });

  it("becomes a block of fields for each row if it cannot fit", () => {
    setPresentation({ width: 36 });
    const [first, , , note] = painted(formatTable(HEADINGS, ROWS), false).split("\n");
    expect(first).toBe(`LICENSE  ${LICENSE}`);
    expect(note).toBe("NOTE     paid by bank transfer, and");
  });

  it("is whole in a pipe", () => {
    expect(formatTable(HEADINGS, ROWS)).toContain("paid by bank transfer, and late");
  });

  it("aligns characters that are two columns wide", () => {
    setPresentation({ width: 80 });
    const lines = painted(
      formatTable(
        ["NAME", "X"],
        [
          ["日本", "1"],
          ["abcd", "2"],
        ],
      ),
      false,
    ).split("\n");
    expect(lines).toEqual(["NAME  X", "日本  1", "abcd  2"]);
    expect([columnsOf("日本"), columnsOf("é"), shortened("日本語日本語", 5)]).toEqual([4, 1, "日本…"]);
  });
});

it("a long value of a field goes on below itself", () => {
  setPresentation({ width: 40 });
  const shown = painted(formatFields({ Workers: "one-worker, two-workers, three-workers, four" }), false);
  expect(shown).toBe("Workers  one-worker, two-workers,\n         three-workers, four");
});

describe("colors", () => {
  const on = { isTTY: true, columns: 80 };
  const colors = (env: NodeJS.ProcessEnv, stream = on) =>
    presentationFor(env, { stdout: stream, stderr: stream }).colors.stdout;

  it.each([
    [{}, on, true],
    [{}, { isTTY: false, columns: 0 }, false],
    [{ NO_COLOR: "1" }, on, false],
    [{ NO_COLOR: "" }, on, true],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, on, false],
    [{ FORCE_COLOR: "1" }, { isTTY: false, columns: 0 }, true],
    [{ FORCE_COLOR: "0" }, on, false],
    [{ TERM: "dumb" }, on, false],
  ])("with %j and %j: %s", (env, stream, expected) => {
    expect(colors(env, stream)).toBe(expected);
  });

  it("are the headings' and the states', and no text of others can have any", () => {
    setPresentation({ colors: { stdout: true, stderr: false } });
    const table = formatTable(["STATUS", "NAME"], [["revoked", "\ufdd4red\u{1b}[31m"]]);
    expect(painted(table, true).split("\n")).toEqual([
      "\x1b[1mSTATUS\x1b[0m   \x1b[1mNAME\x1b[0m",
      "\x1b[31mrevoked\x1b[0m  ?red?[31m",
    ]);
    expect(painted(table, false)).toBe("STATUS   NAME\nrevoked  ?red?[31m");
  });
});

describe("times", () => {
  it("are local on a terminal, and RFC 3339 in UTC in a pipe", () => {
    const fields = { Expires: "2026-12-12T20:05:09Z", Status: "active (trial until 2026-12-12T20:05:09Z)" };
    expect(painted(formatFields(fields), false)).toContain("Expires  2026-12-12T20:05:09Z");
    setPresentation({ timeZone: "Asia/Tokyo" });
    expect(painted(formatFields(fields), false)).toBe(
      "Expires  2026-12-13 05:05\nStatus   active (trial until 2026-12-13 05:05)",
    );
  });

  it("stay in UTC with --json", async () => {
    const at = "2026-12-12T20:05:09Z";
    const catalog = await serve((_, response) => response.end(JSON.stringify({ jobs: [{ name: "\ufdd0", at }] })));
    let stdout = "";
    const code = await runProgram(["jobs", "--json", "--url", catalog.url], {
      env: { RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}`, DEV_DIR: "/nonexistent" },
      stdout: (text) => {
        stdout += text;
      },
      stderr: () => {},
      presentation: { timeZone: "Asia/Tokyo", colors: { stdout: true, stderr: true }, width: 20 },
    });
    catalog.close();
    expect([code, JSON.parse(stdout)]).toEqual([0, { jobs: [{ name: "\ufdd0", at }] }]);
  });
});

it("--quiet prints no remark, but the result and errors", async () => {
  const page = { licenses: [], next_cursor: "next" };
  const catalog = await serve((_, response) => response.end(JSON.stringify(page)));
  const run = async (...words: string[]) => {
    const shown = { stdout: "", stderr: "" };
    await runProgram(["license", "list", "--url", catalog.url, ...words], {
      env: { RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}`, DEV_DIR: "/nonexistent" },
      stdout: (text) => {
        shown.stdout += text;
      },
      stderr: (text) => {
        shown.stderr += text;
      },
    });
    return shown;
  };
  expect((await run()).stderr).toBe("More results: --cursor next\n");
  expect(await run("-q")).toMatchObject({ stderr: "", stdout: expect.stringContaining("LICENSE") });
  catalog.close();
  expect((await run("-q", "--status")).stderr).toContain("needs a value");
});

it("progress is lines in a pipe, and nothing with --quiet", () => {
  const written: string[] = [];
  const pipe = Object.assign(Object.create(process.stderr), {
    isTTY: false,
    write: (text: string) => written.push(text),
  });
  startLoggedProgress("w", 2 ** 30, pipe).update(2 ** 29);
  setPresentation({ quiet: true });
  startLoggedProgress("w", 2 ** 30, pipe).update(2 ** 29);
  expect(written).toEqual(["w: 50% (512.0 MiB of 1.0 GiB)\n"]);
});
