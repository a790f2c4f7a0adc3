import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { PROJECT } from "../end-to-end/program-run.ts";
import { installed } from "../tools/installed.ts";
import { serve } from "./http-server.ts";

const ACTIVATE = `'${process.execPath}' src/cli/main.ts activate --key-stdin`;

/**
 * Runs `activate --key-stdin` in a terminal where `keys` are typed at its prompt; says what was shown and which
 * credential was sent.
 */
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

it.runIf(hasTerminal)("is asked for at a terminal, ends with the line, and is not shown", async () => {
  const { shown, sent, code } = await activateAtTerminal(" rbee_lic_TYPEDX\x7f\r");
  expect(sent).toEqual(["Bearer rbee_lic_TYPED"]);
  expect(shown).not.toContain("TYPED");
  expect([code, shown]).toEqual([3, expect.stringContaining("KEY_INVALID")]);
});

it.runIf(hasTerminal)("may be left out: Ctrl-C and Ctrl-D end the command", async () => {
  expect(await activateAtTerminal("\x03")).toMatchObject({ sent: [], code: 130 });
  expect(await activateAtTerminal("\x04")).toMatchObject({
    sent: [],
    code: 2,
    shown: expect.stringContaining("License key was expected"),
  });
});
