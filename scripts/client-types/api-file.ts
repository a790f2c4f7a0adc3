import { CLIENT_OPERATIONS } from "../../src/web/reference/samples/client-operations.ts";
import { docstring, referencesOf, type Schema, typeOf } from "./schema-types.ts";

type Parameter = { name: string; in: string; required?: boolean; schema?: Schema; description?: string };
type Content = Readonly<Record<string, { schema?: Schema }>>;
type Operation = {
  operationId?: string;
  summary?: string;
  parameters?: readonly Parameter[];
  requestBody?: { content?: Content };
  responses?: Readonly<Record<string, { content?: Content }>>;
};

/** The API's description, as far as the client's types come from it. */
export type Description = {
  paths?: Readonly<Record<string, object>> | undefined;
  components?: { schemas?: Readonly<Record<string, unknown>> | undefined } | undefined;
};

const HEAD = `// Made by \`npm run client:types\` from the API's description. Do not edit: change the service's schemas.

/** A text that a newer catalog may answer beside those that this client knows. */
export type Other = string & Record<never, never>;
`;

type Called = { id: string; method: string; path: string; operation: Operation };

/** The text of clients/typescript/src/api.ts: the types of the operations that the client calls, and of all codes. */
export function apiFile(description: Description): string {
  const called = CLIENT_OPERATIONS.map((id) => find(description, id));
  const schemas = new Map(
    Object.entries(description.components?.schemas ?? {}).map(([name, schema]) => [name, schema]),
  );
  // Only bodies and successful answers: the shape of problems is the client's own business.
  const roots = called.flatMap(({ operation }) => referencesOf([bodyOf(operation), answerOf(operation)]));
  const names = reachable(roots, schemas);
  return [
    HEAD,
    codes(schemas.get("Problem") as Schema | undefined),
    ...[...names].sort().map((name) => namedType(name, schemas.get(name) as Schema)),
    table(called),
    operationTypes(called),
  ].join("\n");
}

function find({ paths = {} }: Description, id: string): Called {
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
      if (operation.operationId === id) return { id, method: method.toUpperCase(), path, operation };
    }
  }
  throw new Error(`the API's description has no operation ${id}`);
}

const bodyOf = ({ requestBody }: Operation): Schema | null =>
  requestBody?.content?.["application/json"]?.schema ?? null;

/** The schema of the successful answer with JSON, or null: it has no body. */
function answerOf({ responses = {} }: Operation): Schema | null {
  const success = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  return success.map(([, { content }]) => content?.["application/json"]?.schema).find((schema) => schema) ?? null;
}

function reachable(roots: readonly string[], schemas: ReadonlyMap<string, unknown>): Set<string> {
  const names = new Set(roots);
  for (const name of names) for (const other of referencesOf(schemas.get(name))) names.add(other);
  return names;
}

function codes(problem: Schema | undefined): string {
  const list = problem?.properties?.["code"]?.enum ?? [];
  const lines = list.map((code) => `  ${JSON.stringify(code)},\n`).join("");
  return (
    `/** Every code of the catalog's problems. */\nexport const PROBLEM_CODES = [\n${lines}] as const;\n\n` +
    "export type ProblemCode = (typeof PROBLEM_CODES)[number];\n"
  );
}

const namedType = (name: string, schema: Schema): string =>
  `${docstring(schema.description, "")}export type ${name} = ${typeOf(schema, "", true)};\n`;

/** The table of the operations: their methods and paths, and whether they answer JSON. */
function table(called: readonly Called[]): string {
  const lines = called.map(
    ({ id, method, path, operation }) =>
      `  ${id}: { method: "${method}", path: "${path}", isJson: ${answerOf(operation) !== null} },\n`,
  );
  return (
    "/** The operations that the client calls. `isJson`: whether a success has a body. */\n" +
    `export const OPERATIONS = {\n${lines.join("")}} as const;\n`
  );
}

function operationTypes(called: readonly Called[]): string {
  const members = called.map(({ id, operation }) => {
    const { parameters = [] } = operation;
    const ofPlace = (place: string): string => parametersType(parameters.filter((one) => one.in === place));
    const body = bodyOf(operation);
    const answer = answerOf(operation);
    return (
      `${docstring(operation.summary, "  ")}  ${id}: {\n` +
      `    path: ${ofPlace("path")};\n    query: ${ofPlace("query")};\n` +
      `    body: ${body === null ? "null" : typeOf(body, "    ", false)};\n` +
      `    answer: ${answer === null ? "null" : typeOf(answer, "    ", true)};\n  };\n`
    );
  });
  return `/** The parameters, bodies and answers of the operations. */\nexport type Operations = {\n${members.join("")}};\n`;
}

function parametersType(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return "Record<never, never>";
  const members = parameters.map(({ name, required, schema = {}, description }) => {
    const type = typeOf(schema, "      ", false);
    return `${docstring(description, "      ")}      ${name}${required ? `: ${type}` : `?: ${type} | undefined`};\n`;
  });
  return `{\n${members.join("")}    }`;
}
