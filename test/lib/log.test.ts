import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { logEvent, logFailure, masked } from "../../src/lib/log.ts";

afterEach(() => vi.restoreAllMocks());

describe("a line of the log", () => {
  it("is one line of JSON that begins with its event", () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    logEvent("job.done", { job: "publish", entries: 3, note: 'two\nlines and a "quote"' });
    const [line] = log.mock.calls[0] ?? [];
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toEqual({
      event: "job.done",
      job: "publish",
      entries: 3,
      note: 'two\nlines and a "quote"',
    });
  });

  it("holds no secret either where one begins a line of its text, and stays JSON", () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const secrets = ["Bearer c0ffee", "sk_live_c0ffee", "ada@example.com", "rbee_lic_c0ffee", "/recover/c0ffee"];
    logFailure("job.failed", new Error(secrets.join("\n")), { tried: secrets.map((text) => `\t${text}`) });
    const [line = ""] = log.mock.calls[0] ?? [];
    expect(line).not.toMatch(/c0ffee|ada/);
    expect(JSON.parse(line)).toMatchObject({ event: "job.failed", tried: expect.any(Array) });
  });

  it("says what failed, from whatever was thrown", () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    logFailure("job.failed", new Error("no such table"), { job: "mails" });
    logFailure("job.failed", "a bare string");
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { event: "job.failed", job: "mails", message: "no such table" },
      { event: "job.failed", message: "a bare string" },
    ]);
  });
});

describe("masked", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_-]{20,60}$/);
  const secret = fc.oneof(
    word.map((text) => ({ secret: text, sent: `rbee_lic_${text}` })),
    word.map((text) => ({ secret: text, sent: `RBEE_ADM_${text}` })),
    word.map((text) => ({ secret: text, sent: `eyJ${text}.eyJ${text}.${text}` })),
    word.map((text) => ({ secret: text, sent: `Basic ${text}` })),
    word.map((text) => ({ secret: text, sent: `bearer ${text}` })),
    word.map((text) => ({ secret: text, sent: `https://catalog.test/dl/${text}` })),
    word.map((text) => ({ secret: text, sent: `/recover/${text}` })),
    fc
      .stringMatching(/^[A-Za-z0-9]{20,60}$/)
      .chain((text) =>
        fc.constantFrom("sk_live_", "rk_test_", "whsec_").map((kind) => ({ secret: text, sent: kind + text })),
      ),
    fc.emailAddress().map((mail) => ({ secret: mail, sent: mail })),
  );
  const around = fc.stringMatching(/^[a-z .:,"{}]{0,20}$/);

  it("leaves nothing of a credential, a signed link or a mail address, wherever it stands", () => {
    fc.assert(
      fc.property(around, secret, around, (before, { secret, sent }, after) => {
        expect(masked(`${before} ${sent} ${after}`)).not.toContain(secret);
      }),
    );
  });

  it("leaves everything else as it is", () => {
    const text =
      "GET /v1/workers/{id}/versions 200 lic_06b3 adm_06b4 cus_12 D1_ERROR: no such table at x (/app/node_modules/.pnpm/hono@4.13.19/dist/compose.js:22:8)";
    expect(masked(text)).toBe(text);
  });

  it("gets through a long text that goes on and on beginning a token", () => {
    const text = "eyJ".repeat(300_000);
    expect(masked(`${text} eyJhbGciOiJFZERTQSJ9.e30.c2ln`)).toBe(`${text} (masked token)`);
  });

  it("finds a token with something right before it", () => {
    expect(masked("v=%20eyJhbGciOiJFZERTQSJ9.e30.c2ln!")).toBe("v=%(masked token)!");
  });
});
