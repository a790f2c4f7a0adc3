import { spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moment, positiveInteger } from "../../src/cli/input.ts";
import { PROJECT } from "../end-to-end/program-run.ts";
import { serve } from "../support/node/http-server.ts";
import { installed } from "../support/node/installed.ts";

const now = Date.parse("2026-11-23T12:00:00Z");

describe("a time on the command line", () => {
  it("is a date, an RFC 3339 time, or days from now", () => {
    expect(moment("2027-01-31", now)).toBe("2027-01-31T00:00:00Z");
    expect(moment("2027-01-31T10:00:00+02:00", now)).toBe("2027-01-31T08:00:00Z");
    expect(moment("30d", now)).toBe("2026-12-23T12:00:00Z");
  });

  it.each(["", "tomorrow", "2027-02-30", "2027-13-01", "2027-01-31T10:00", "1.5d", "-3d", "31/01/2027"])(
    "cannot be %j",
    (text) => {
      expect(() => moment(text, now)).toThrow("Give a date");
    },
  );

  it("is exact to the second", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("1970-01-01Z"), max: new Date("9999-12-31Z"), noInvalidDate: true }),
        (date) => {
          const text = `${date.toISOString().slice(0, 19)}Z`;
          expect(moment(text, now)).toBe(text);
        },
      ),
    );
  });
});

describe("a number on the command line", () => {
  it("must be whole and positive", () => {
    expect(positiveInteger("25")).toBe(25);
    for (const text of ["0", "-1", "1.5", "1e3", "", "ten"])
      expect(() => positiveInteger(text)).toThrow("whole number");
  });
});

const TYPED = `rbee_lic_${"TYPED".repeat(11)}`;

const ACTIVATE = `'${process.execPath}' src/cli/main.ts activate --key-stdin`;

/** Runs `activate --key-stdin` in a terminal and types `keys`. Returns the screen and the sent credentials. */
async function activateAtTerminal(
  keys: string,
): Promise<{ shown: string; sent: (string | undefined)[]; code: number }> {
  const sent: (string | undefined)[] = [];
  const catalog = await serve((request, response) => {
    sent.push(request.headers.authorization);
    response.writeHead(401).end(JSON.stringify({ code: "KEY_INVALID", detail: "This is not a license key." }));
  });
  const child = spawn("script", ["-qec", ACTIVATE, "/dev/null"], {
    cwd: PROJECT,
    env: {
      ...process.env,
      ...{ DEV_DIR: "/nonexistent", XDG_CONFIG_HOME: "/nonexistent", RBEE_MACHINE: "m", RBEE_CATALOG_URL: catalog.url },
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const asked = shown.includes("not shown: ");
    shown += text;
    if (!asked && shown.includes("not shown: ")) child.stdin.write(keys);
  });
  const [code] = await once(child, "close");
  catalog.close();
  return { shown, sent, code };
}

const hasTerminal = process.platform === "linux" && installed("script");

it.runIf(hasTerminal)("a secret typed at a terminal ends with the line and is not shown", async () => {
  const { shown, sent, code } = await activateAtTerminal(` ${TYPED}X\x7f\r`);
  expect(sent).toEqual([`Bearer ${TYPED}`]);
  expect(shown).not.toContain("TYPED");
  expect([code, shown]).toEqual([3, expect.stringContaining("KEY_INVALID")]);
});

it.runIf(hasTerminal)("the prompt for a secret ends the command on Ctrl-C and Ctrl-D", async () => {
  expect(await activateAtTerminal("\x03")).toMatchObject({ sent: [], code: 130 });
  expect(await activateAtTerminal("\x04")).toMatchObject({
    sent: [],
    code: 2,
    shown: expect.stringContaining("License key was expected"),
  });
});
