import type { OpenApiDocument } from "../../platform/http/openapi.ts";

type Schemas = NonNullable<NonNullable<OpenApiDocument["components"]>["schemas"]>;
/** A schema of a document, or a reference to one of its components. */
export type AnySchema = Schemas[string];
type Schema = Exclude<AnySchema, { $ref: string }>;

/** A member of a JSON body. `path` is for example `license.machines[].id`. */
export type Field = { path: string; type: string; required: boolean; description: string };

const isReference = (schema: AnySchema): schema is Exclude<AnySchema, Schema> => "$ref" in schema;

/** The name of the component that a schema refers to; null for a schema that is written out. */
export const nameOf = (schema: AnySchema): string | null =>
  isReference(schema) ? schema.$ref.replace("#/components/schemas/", "") : null;

/** The names of the components that a schema names anywhere inside of itself. */
export function referencesOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own = "$ref" in schema ? String(schema.$ref).replace("#/components/schemas/", "") : null;
  return [...(own === null ? [] : [own]), ...Object.values(schema).flatMap(referencesOf)];
}

/** Resolves a reference. Throws if the document has no such component. */
function resolveSchema(schemas: Schemas, schema: AnySchema): Schema {
  if (!isReference(schema)) return schema;
  const target = schemas[schema.$ref.replace("#/components/schemas/", "")];
  if (!target) throw new Error(`The document lacks ${schema.$ref}`);
  return resolveSchema(schemas, target);
}

/** A value that the schema accepts, made from its examples. A member without an example gets a plain value. */
export function exampleOf(schemas: Schemas, of: AnySchema): unknown {
  const schema = resolveSchema(schemas, of);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.const !== undefined) return schema.const;
  const [choice] = schema.oneOf ?? schema.anyOf ?? [];
  if (choice) return exampleOf(schemas, choice);
  if (schema.allOf) {
    const [first, ...parts] = schema.allOf.map((part) => exampleOf(schemas, part));
    // A reference beside words of its own: the words have no value.
    return typeof first === "object" ? Object.assign({}, first, ...parts) : first;
  }
  switch (typeNames(schema)[0]) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(
            ([name, member]) => schema.required?.includes(name) || resolveSchema(schemas, member).example !== undefined,
          )
          .map(([name, member]) => [name, exampleOf(schemas, member)]),
      );
    case "array":
      return schema.items ? [exampleOf(schemas, schema.items)] : [];
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return schema.format === "uri" ? "https://example.com/" : "string";
  }
}

/** The members of an object schema, in the order of the schema. A named object among them keeps its own members. */
export function fieldsOf(schemas: Schemas, of: AnySchema, prefix = "", depth = 0): Field[] {
  if (depth > 0 && isReference(of)) return [];
  const schema = resolveSchema(schemas, of);
  if (schema.items) return fieldsOf(schemas, schema.items, `${prefix}[]`, Math.max(depth, 1));
  if (depth > 4) return [];
  const parts = [...(schema.allOf ?? []), ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const { description = "" } = resolveSchema(schemas, member);
    const field = {
      path,
      type: typeOf(schemas, member),
      required: schema.required?.includes(name) ?? false,
      description,
    };
    return [field, ...fieldsOf(schemas, member, path, depth + 1)];
  });
  // An object that is put together shows the members of all parts. Inside of another, its name is a link to them.
  const shown = depth === 0 ? parts.map((part) => resolveSchema(schemas, part)) : parts;
  return [...members, ...shown.flatMap((part) => fieldsOf(schemas, part, prefix, depth + 1))];
}

/** Whether a schema is an object with members, or a choice of such, so that it is described on its own. */
export function hasMembers(schemas: Schemas, of: AnySchema): boolean {
  const schema = resolveSchema(schemas, of);
  const parts = [...(schema.allOf ?? []), ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  return schema.properties !== undefined || parts.some((part) => hasMembers(schemas, part));
}

/** A schema's type in a few words: `string (date-time) | null`, `integer, 1 to 200`, `array of string`. */
export function typeOf(schemas: Schemas, of: AnySchema): string {
  const name = nameOf(of);
  if (name !== null && hasMembers(schemas, of)) return name;
  const schema = resolveSchema(schemas, of);
  const [first] = schema.allOf ?? [];
  if (first) return typeOf(schemas, first);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return [...new Set(choices.map((choice) => typeOf(schemas, choice)))].join(" | ");
  const names = typeNames(schema).map((name) => {
    if (name === "array" && schema.items) return `array of ${typeOf(schemas, schema.items)}`;
    return name === "string" && schema.format ? `string (${schema.format})` : name;
  });
  return [names.join(" | ") || "any", rangeOf(schema)].filter(Boolean).join(", ");
}

const typeNames = (schema: Schema): string[] => [schema.type ?? []].flat();

function rangeOf({ minimum, maximum, maxLength }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined) return `at least ${minimum}`;
  return maxLength === undefined ? "" : `at most ${maxLength} characters`;
}
