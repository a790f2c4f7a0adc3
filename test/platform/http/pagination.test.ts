import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatId } from "../../../src/lib/id.ts";
import { decodeCursor, encodeCursor, page } from "../../../src/platform/http/schemas.ts";

const ids = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => formatId("lic", bytes));

describe("a cursor", () => {
  it("decodes to its id", () => {
    fc.assert(fc.property(ids, (id) => decodeCursor(encodeCursor(id)) === id));
  });

  it("decodes to null from every other text, without a throw", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: "binary" })), (text) => {
        expect(decodeCursor(text)).toBeNull();
      }),
    );
    expect(decodeCursor(`${encodeCursor(formatId("lic", new Uint8Array(16)))}=`)).toBeNull();
  });
});

describe("a page", () => {
  it("has every row once, in order, and an end", () => {
    fc.assert(
      fc.property(fc.uniqueArray(ids, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (rows, limit) => {
        const seen: string[] = [];
        for (let after: string | null = null; ; ) {
          const start: number = after === null ? 0 : rows.indexOf(after) + 1;
          const { items, next_cursor } = page(rows.slice(start, start + limit + 1), limit, (id) => id);
          seen.push(...items);
          if (next_cursor === null) break;
          after = decodeCursor(next_cursor);
        }
        expect(seen).toEqual(rows);
      }),
    );
  });
});
