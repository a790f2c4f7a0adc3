import { afterEach, describe, expect, it, vi } from "vitest";
import { logEvent, logFailure } from "../../src/lib/log.ts";

afterEach(() => vi.restoreAllMocks());

describe("a log line", () => {
  it("is one line of JSON that starts with its event", () => {
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

  it("contains no secret from the start of a text line, and is JSON", () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const secrets = ["Bearer c0ffee", "sk_live_c0ffee", "ada@example.com", "rbee_lic_c0ffee", "/recover/c0ffee"];
    logFailure("job.failed", new Error(secrets.join("\n")), { tried: secrets.map((text) => `\t${text}`) });
    const [line = ""] = log.mock.calls[0] ?? [];
    expect(line).not.toMatch(/c0ffee|ada/);
    expect(JSON.parse(line)).toMatchObject({ event: "job.failed", tried: expect.any(Array) });
  });

  it("contains the message of any thrown value", () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    logFailure("job.failed", new Error("no such table"), { job: "mails" });
    logFailure("job.failed", "a bare string");
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { event: "job.failed", job: "mails", message: "no such table" },
      { event: "job.failed", message: "a bare string" },
    ]);
  });
});
