import { describe, expect, it } from "vitest";
import { answerConditions } from "../../../src/domain/delivery/file-response.ts";

const file = { etag: '"abc"', lastModified: "Mon, 23 Nov 2026 12:00:00 GMT", size: 10 };

describe("a conditional request", () => {
  it.each<[Record<string, string>, number]>([
    [{}, 200],
    [{ "If-None-Match": '"abc"' }, 304],
    [{ "If-None-Match": 'W/"abc"' }, 304],
    [{ "If-None-Match": '"x", "abc"' }, 304],
    [{ "If-None-Match": "*" }, 304],
    [{ "If-None-Match": '"x"' }, 200],
    [{ "If-Modified-Since": "Mon, 23 Nov 2026 12:00:00 GMT" }, 304],
    [{ "If-Modified-Since": "Mon, 23 Nov 2026 11:59:59 GMT" }, 200],
    [{ "If-Modified-Since": "yesterday" }, 200],
    [{ "If-None-Match": '"x"', "If-Modified-Since": "Mon, 23 Nov 2026 12:00:00 GMT" }, 200],
    [{ Range: "bytes=4-" }, 206],
    [{ Range: "bytes=10-" }, 416],
    [{ Range: "bytes=4-", "If-Range": '"abc"' }, 206],
    [{ Range: "bytes=4-", "If-Range": "Mon, 23 Nov 2026 12:00:00 GMT" }, 206],
    [{ Range: "bytes=4-", "If-Range": '"other"' }, 200],
    [{ Range: "bytes=4-", "If-Range": 'W/"abc"' }, 200],
    [{ Range: "bytes=4-", "If-Range": "Mon, 23 Nov 2026 11:00:00 GMT" }, 200],
    [{ Range: "bytes=10-", "If-Range": '"other"' }, 200],
    [{ Range: "bytes=4-", "If-None-Match": '"abc"' }, 304],
  ])("%j is answered %i", (headers, status) => {
    expect(answerConditions({ method: "GET", headers: new Headers(headers) }, file).status).toBe(status);
  });

  it("by HEAD is answered for the whole file", () => {
    const headers = new Headers({ Range: "bytes=99-" });
    expect(answerConditions({ method: "HEAD", headers }, file)).toEqual({ status: 200 });
  });
});
