import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { firstValid } from "../../../src/platform/http/query.ts";

const Query = z.object({
  id: z
    .string()
    .transform((text) => /id_\d+/.exec(text)?.[0])
    .optional(),
  size: z.coerce.number().int().optional(),
  kind: z.enum(["a", "b"]).optional(),
});

const kept = (search: string) => firstValid(new URLSearchParams(search), Query).toString();

describe("the query of a page", () => {
  it.each([
    ["", ""],
    ["id=id_1", "id=id_1"],
    ["id=id_1&id=id_1", "id=id_1"],
    ["id=id_1&id=id_2", "id=id_1"],
    ["id={ID}&id=id_2", "id=id_2"],
    ["id=&id=+&id=id_3", "id=id_3"],
    ["id=id_1&utm_source=x&fbclid=y", "id=id_1"],
    ["ID=id_1", "id=id_1"],
    ["ID=id_9&id=id_1", "id=id_1"],
    ["Id=id_9&id=none", "id=id_9"],
    ["size=many&size=3&kind=c&kind=b", "size=3&kind=b"],
    ["kind=c&kind=d", "kind=c"],
    ["kind=a&amp;id=id_1", "id=id_1&kind=a"],
    ["amp;amp;ID=id_9&amp;id=id_1", "id=id_9"],
    ["amp;id=id_9&id=id_1", "id=id_1"],
    ["id[]=id_1", ""],
    ["id=id_1%2C", "id=id_1%2C"],
    ["__proto__=1&constructor=2", ""],
  ])("%s becomes %s", (search, expected) => {
    expect(kept(search)).toBe(expected);
  });
});
