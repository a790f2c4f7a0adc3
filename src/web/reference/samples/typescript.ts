import type { SampleCall } from "./call.ts";
import { type ClientOperation, isClientOperation } from "./client-operations.ts";

/** The expressions of a sample's arguments, as source. */
type Arguments = { license: string; body: string; query: string; bodyValue: Record<string, unknown> };

/** The client's own methods. The other operations go through `call`. */
const METHODS: Partial<Record<ClientOperation, (given: Arguments) => string>> = {
  searchWorkers: ({ query }) => `list(${query})`,
  resolveWorker: ({ body }) => `resolve(${body})`,
  activateMachine: ({ license, body }) => `activate(${license}, ${body})`,
  issueToken: ({ license, body }) => `renew(${license}, ${body})`,
  deactivateMachine: ({ license, bodyValue }) =>
    `deactivate(${license}, ${JSON.stringify(bodyValue["fingerprint"] ?? "")})`,
  getOwnLicense: ({ license }) => `license(${license})`,
};

/** A TypeScript module for Node: by our client where it has the operation, else by `fetch`. */
export const typescriptSample = (call: SampleCall): string =>
  isClientOperation(call.operationId) ? clientSample(call, call.operationId) : fetchSample(call);

function clientSample(call: SampleCall, id: ClientOperation): string {
  const license = call.credential === null ? "" : `process.env["${call.credential}"]!`;
  const value = call.body?.kind === "json" ? call.body.value : null;
  const body = literal(value, "");
  const query = literal(call.queryParameters, "");
  const bodyValue = typeof value === "object" && value !== null ? { ...value } : {};
  const method = METHODS[id]?.({ license, body, query, bodyValue }) ?? genericCall(call, id, license);
  return [
    'import { Catalog } from "rbee-catalog-client";',
    "",
    `const catalog = new Catalog({ url: ${JSON.stringify(call.origin)} });`,
    call.answer === "none" ? `await catalog.${method};` : `console.log(await catalog.${method});`,
  ].join("\n");
}

function genericCall({ pathParameters, queryParameters, body }: SampleCall, id: string, license: string): string {
  const members = [
    ...(Object.keys(pathParameters).length > 0 ? [`path: ${literal(pathParameters, "  ")}`] : []),
    ...(Object.keys(queryParameters).length > 0 ? [`query: ${literal(queryParameters, "  ")}`] : []),
    ...(license === "" ? [] : [`license: ${license}`]),
    ...(body?.kind === "json" ? [`body: ${literal(body.value, "  ")}`] : []),
  ];
  const input = members.length === 0 ? "" : `, {\n${members.map((one) => `  ${one},\n`).join("")}}`;
  return `call("${id}"${input})`;
}

function fetchSample({ method, url, credential, variableHeaders, body, answer }: SampleCall): string {
  const headers = [
    ...(credential === null ? [] : [`Authorization: \`Bearer \${process.env["${credential}"]}\``]),
    ...Object.entries(variableHeaders).map(([name, variable]) => `"${name}": process.env["${variable}"]!`),
    ...(body?.kind === "json" ? ['"Content-Type": "application/json"'] : []),
    ...(body?.kind === "file" ? [`"Content-Type": ${JSON.stringify(body.type)}`] : []),
  ];
  const options = [
    ...(method === "GET" ? [] : [`method: "${method}"`]),
    ...(headers.length === 0 ? [] : [`headers: {\n${headers.map((one) => `    ${one},\n`).join("")}  }`]),
    ...(body === null ? [] : [`body: ${bodyExpression(body)}`]),
  ];
  const given = options.length === 0 ? "" : `, {\n${options.map((one) => `  ${one},\n`).join("")}}`;
  const files = [...(body?.kind === "file" ? ["readFile"] : []), ...(answer === "file" ? ["writeFile"] : [])];
  return [
    ...(files.length === 0 ? [] : [`import { ${files.join(", ")} } from "node:fs/promises";`, ""]),
    `const response = await fetch(${JSON.stringify(url)}${given});`,
    "if (!response.ok) throw new Error(await response.text());",
    ...RESULT[answer],
  ].join("\n");
}

const RESULT: Record<SampleCall["answer"], string[]> = {
  json: ["console.log(await response.json());"],
  text: ["console.log(await response.text());"],
  file: ['await writeFile("ANSWER", Buffer.from(await response.arrayBuffer()));'],
  none: [],
};

function bodyExpression(body: NonNullable<SampleCall["body"]>): string {
  if (body.kind === "json") return `JSON.stringify(${literal(body.value, "  ")})`;
  if (body.kind === "form") return `new URLSearchParams(${literal(body.fields, "  ")})`;
  return 'await readFile("FILE")';
}

/** A JSON value as an expression, whose later lines begin with `indent`. */
const literal = (value: unknown, indent: string): string =>
  JSON.stringify(value, null, 2)
    .replaceAll(/^(\s*)"([A-Za-z_]\w*)":/gm, "$1$2:")
    .replaceAll("\n", `\n${indent}`);
