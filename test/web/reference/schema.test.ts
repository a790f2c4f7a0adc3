import { registerSchema, unregisterSchema, validate } from "@hyperjump/json-schema/draft-2020-12";
import { describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { apiDescription } from "../../../src/web/reference/description.ts";
import { type AnySchema, exampleOf, fieldsOf, typeOf } from "../../../src/web/reference/schema.ts";

const { components } = JSON.parse(JSON.stringify(apiDescription(await app.whole(), "https://catalog.test")));
const schemas = components.schemas as Parameters<typeof exampleOf>[0];

describe("the example of a schema", () => {
  it("is accepted by the schema, for every schema of the document", async () => {
    expect(Object.keys(schemas)).toContain("Problem");
    for (const name of Object.keys(schemas)) {
      const id = `https://catalog.test/schema/${name}`;
      const dialect = "https://json-schema.org/draft/2020-12/schema";
      registerSchema({ $schema: dialect, $ref: `#/components/schemas/${name}`, components } as never, id);
      const example = exampleOf(schemas, { $ref: `#/components/schemas/${name}` });
      expect(await validate(id, example as never, "BASIC"), `${name}: ${JSON.stringify(example)}`).toEqual({
        valid: true,
      });
      unregisterSchema(id);
    }
  });
});

describe("a schema in words", () => {
  it("names types, formats, ranges and choices", () => {
    const words = (schema: AnySchema) => typeOf({}, schema);
    expect(words({ type: "string", format: "date-time" })).toBe("string (date-time)");
    expect(words({ type: ["string", "null"] })).toBe("string | null");
    expect(words({ type: "integer", minimum: 1, maximum: 200 })).toBe("integer, 1 to 200");
    expect(words({ type: "array", items: { type: "string", enum: ["a", "b"] } })).toBe('array of "a" | "b"');
    expect(words({ anyOf: [{ type: "string" }, { type: "null" }] })).toBe("string | null");
    expect(words({})).toBe("any");
  });

  it("lists nested members by path", () => {
    const machine: AnySchema = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
    const license: AnySchema = { type: "object", properties: { machines: { type: "array", items: machine } } };
    expect(fieldsOf({}, license).map(({ path, required }) => [path, required])).toEqual([
      ["machines", false],
      ["machines[].id", true],
    ]);
  });

  it("ends for a recursive schema", () => {
    const tree: AnySchema = {
      type: "object",
      properties: { children: { type: "array", items: { $ref: "#/components/schemas/Tree" } } },
    };
    expect(fieldsOf({ Tree: tree }, tree).length).toBeLessThan(10);
  });
});
