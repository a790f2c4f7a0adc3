/** A schema of the API's description (JSON Schema 2020-12, as far as ours uses it). */
export type Schema = {
  $ref?: string;
  description?: string;
  type?: string | readonly string[];
  enum?: readonly unknown[];
  const?: unknown;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
};

/** The name of the schema that a reference leads to. */
export const referredName = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);

/** The names of all schemas that a schema refers to. */
export function referencesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === "$ref" && typeof member === "string" ? [referredName(member)] : referencesOf(member),
  );
}

/** The widest line of a docstring. */
const LINE = 116;

/** A docstring at this depth, or nothing for no text. */
export function docstring(text: string | undefined, indent: string): string {
  if (text === undefined || text === "") return "";
  const words = text.replaceAll("*/", "* /").split(/\s+/);
  const lines: string[] = [""];
  for (const word of words) {
    const last = lines[lines.length - 1] ?? "";
    const longer = last === "" ? word : `${last} ${word}`;
    if (longer.length + indent.length <= LINE) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const [only = "", ...rest] = lines;
  if (rest.length === 0 && only.length + indent.length <= LINE - 5) return `${indent}/** ${only} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}

/**
 * The TypeScript type of a schema, whose members are indented below `indent`. `isOpen`: a list of several texts also
 * takes others, because a newer catalog may answer one that this client does not know.
 */
export function typeOf(schema: Schema, indent: string, isOpen: boolean): string {
  if (schema.$ref !== undefined) return referredName(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const union = schema.anyOf ?? schema.oneOf;
  if (union !== undefined) return union.map((one) => typeOf(one, indent, isOpen)).join(" | ");
  if (schema.allOf !== undefined) return schema.allOf.map((one) => typeOf(one, indent, isOpen)).join(" & ");
  if (schema.enum !== undefined) return enumType(schema.enum, isOpen);
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  if (types.length === 0) return "unknown";
  return types.map((type) => basicType(type, schema, indent, isOpen)).join(" | ");
}

function enumType(values: readonly unknown[], isOpen: boolean): string {
  const literals = values.map((value) => JSON.stringify(value));
  const texts = values.filter((value) => typeof value === "string");
  return [...literals, ...(isOpen && texts.length > 1 ? ["Other"] : [])].join(" | ");
}

function basicType(type: string, schema: Schema, indent: string, isOpen: boolean): string {
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return arrayOf(typeOf(schema.items ?? {}, indent, isOpen));
    case "object":
      return objectType(schema, indent, isOpen);
    default:
      throw new Error(`no type for ${type}`);
  }
}

const arrayOf = (item: string): string => (/^[\w"]+$/.test(item) || item.endsWith("}") ? `${item}[]` : `(${item})[]`);

function objectType({ properties, required = [], additionalProperties }: Schema, indent: string, isOpen: boolean) {
  if (properties === undefined) {
    const values = typeof additionalProperties === "object" ? typeOf(additionalProperties, indent, isOpen) : "unknown";
    return `Record<string, ${values}>`;
  }
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, member]) => {
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
    const mark = required.includes(name) ? "" : "?";
    return `${docstring(member.description, inner)}${inner}${key}${mark}: ${typeOf(member, inner, isOpen)};\n`;
  });
  return members.length === 0 ? "Record<string, never>" : `{\n${members.join("")}${indent}}`;
}
