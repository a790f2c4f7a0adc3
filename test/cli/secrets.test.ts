import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { encodeCrockford } from "../../src/lib/crockford.ts";
import { encodeBase64Url } from "../../src/lib/encoding.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";

let close: (() => void) | undefined;
afterEach(() => close?.());

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const licenseKey = bytes(34).map((random) => ({ prefix: "rbee_lic_", random: encodeCrockford(random) }));
const adminToken = bytes(32).map((random) => ({ prefix: "rbee_adm_", random: encodeBase64Url(random) }));

const dirt = fc.constantFrom(
  "-",
  "\u00ad",
  "\u200b",
  "\ufeff",
  "\r\n",
  "\n",
  " ",
  "'",
  '"',
  "\u2028",
  "\x1b",
  "é",
  "%0A",
  "\t",
  "\0",
);

/** A secret with characters that do not belong to it. */
const mangled = fc.oneof(licenseKey, adminToken).chain(({ prefix, random }) =>
  fc.array(fc.tuple(fc.nat(random.length), dirt), { maxLength: 6 }).map((places) => ({
    random,
    sent:
      prefix +
      [...places]
        .sort(([a], [b]) => b - a)
        .reduce((rest, [at, what]) => rest.slice(0, at) + what + rest.slice(at), random),
  })),
);

/** Eight letters or digits of the secret in a row, whatever else stands between them, in any case. */
function traces(random: string, text: string): string[] {
  const plain = (whole: string) => whole.replaceAll(/\\u[0-9a-f]{4}|\\[nrtf]|%0A|[^0-9A-Za-z]/g, "").toLowerCase();
  const [letters, shown] = [plain(random), plain(text)];
  return Array.from({ length: letters.length - 7 }, (_, at) => letters.slice(at, at + 8)).filter((part) =>
    shown.includes(part),
  );
}

/** The ways in which a command with a secret fails. `echo` is a catalog that repeats the secret in every answer. */
const FAILURES: readonly ((sent: string, echo: string) => [args: string[], env: NodeJS.ProcessEnv])[] = [
  (sent, echo) => [["--url", echo, "activate"], { RBEE_LICENSE_KEY: sent }],
  (sent, echo) => [["--url", echo, "activate"], { RBEE_LICENSE_TOKEN: sent }],
  (sent, echo) => [["--url", echo, "stats"], { RBEE_ADMIN_TOKEN: sent }],
  (sent, echo) => [["--url", echo, "license", "list"], { RBEE_ADMIN_TOKEN: sent }],
  (sent, echo) => [["--url", echo, "doctor"], { RBEE_ADMIN_TOKEN: sent }],
  (sent) => [["--url", `http://${sent}`, "stats"], { RBEE_ADMIN_TOKEN: sent }],
  (sent) => [[sent], {}],
  (sent) => [["stats", `--${sent}`], {}],
  (sent) => [["activate", "--key", sent], {}],
  (sent) => [["activate", ...sent.split(" ")], {}],
  (sent) => [["license", "list", "--limit", sent], {}],
  (sent) => [["install", "x", "--platform", sent], {}],
  (sent) => [["verify", sent], {}],
  (sent) => [["verify", "--mirror", sent], {}],
  (sent) => [["plans", "sync"], { STRIPE_SECRET_KEY: `sk_test_${sent}` }],
];

describe("a secret", () => {
  it("is in no output of a command that fails, however it was mangled", async () => {
    let secret = "";
    const server = await serve((request, response) => {
      const detail = `Not ${request.headers.authorization ?? ""}, ${secret}, ${encodeURIComponent(secret)} or ${secret.slice(12)}.`;
      response.writeHead(403, { "Content-Type": "application/problem+json" });
      response.end(JSON.stringify({ code: "KEY_INVALID", title: detail, detail, request_id: secret }));
    });
    close = server.close;
    const away = {
      DEV_DIR: "/nonexistent",
      XDG_CONFIG_HOME: "/nonexistent",
      XDG_CACHE_HOME: "/nonexistent",
      RBEE_MACHINE: "m",
    };
    const none = {
      RBEE_ADMIN_TOKEN: "",
      RBEE_LICENSE_KEY: "",
      RBEE_LICENSE_TOKEN: "",
      STRIPE_SECRET_KEY: "",
      RBEE_CATALOG_URL: server.url,
    };
    const failure = fc.constantFrom(...FAILURES);
    await fc.assert(
      fc.asyncProperty(mangled, failure, fc.boolean(), async ({ random, sent }, fails, json) => {
        secret = sent;
        const [args, env] = fails(sent, server.url);
        const run = await runCli([...args, ...(json ? ["--json"] : [])], { ...away, ...none, ...env });
        expect(run.code).not.toBe(0);
        expect([traces(random, run.stderr), traces(random, run.stdout)]).toEqual([[], []]);
        if (json) expect(JSON.parse(run.stderr)).toMatchObject({ exit_code: run.code });
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ["a key", ["license", "list", "--query", `rbee_lic_${"0A1B2C3D4E5".repeat(5)}`]],
    ["a key that a shell has split", ["activate", "rbee_lic_0A1B", "2C3D4E5F"]],
    ["an admin token", ["token", "revoke", `rbee_adm_${"aB3-".repeat(10)}xyz`]],
    ["a license token", ["verify", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln"]],
  ])("is refused on the command line: %s", async (_, args) => {
    const { code, stderr } = await runCli(args, { RBEE_ADMIN_TOKEN: "t", RBEE_CATALOG_URL: "http://127.0.0.1:9" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("Nothing was done.")]);
  });

  it("is hidden in the message of an error that nobody expected", async () => {
    const key = `rbee_lic_${"0A1B2C3D4E5".repeat(5)}`;
    let stderr = "";
    const io = {
      env: { RBEE_LICENSE_KEY: key },
      stdout: () => {
        throw new TypeError(`cannot write ${key.slice(9)}`);
      },
      stderr: (text: string) => {
        stderr += text;
      },
    };
    expect(await runProgram(["fingerprint"], io)).toBe(1);
    expect(stderr).toBe("rbee-catalog: cannot write (masked)\n");
  });
});

describe("a text of the server", () => {
  it("reaches the terminal without control characters, and begins no line of its own", async () => {
    const evil = "a\x1b[2J\u009bb\u202ec\u200bd\r\ne\u2028f\u{e0041}";
    const server = await serve((_, response) => {
      response.writeHead(404, { "Content-Type": "application/problem+json" });
      response.end(JSON.stringify({ code: "NOT_FOUND", detail: evil, request_id: evil, purchase_url: evil }));
    });
    close = server.close;
    const env = { RBEE_ADMIN_TOKEN: "t", RBEE_CATALOG_URL: server.url };
    const { stderr } = await runCli(["stats"], env);
    const shown = "a?[2J?b?c?d??e?f?";
    expect(stderr).toBe(`rbee-catalog: ${shown} (NOT_FOUND)\nBuy or renew: ${shown}\nRequest id: ${shown}\n`);
    const json = await runCli(["stats", "--json"], env);
    expect(JSON.parse(json.stderr)).toMatchObject({ detail: evil, request_id: evil });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no control character may be there
    expect(json.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\u2028]/);
  });

  it("is shown in results without control characters, and as it is in JSON", async () => {
    const server = await serve((_, response) =>
      response.end(JSON.stringify({ admin_tokens: [{ id: "adm_1", name: "x\x1b]0;y\x07\u009b" }], next_cursor: null })),
    );
    close = server.close;
    const env = { RBEE_ADMIN_TOKEN: "t", RBEE_CATALOG_URL: server.url };
    expect((await runCli(["token", "list"], env)).stdout).toContain("x?]0;y??");
    const json = (await runCli(["token", "list", "--json"], env)).stdout;
    expect(json).toContain("x\\u001b]0;y\\u0007\\u009b");
  });
});
