import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import type { OpenApiDocument, Operation, PathItem } from "../../platform/http/openapi.ts";
import { PROBLEMS } from "../../platform/http/problem.ts";
import { type AnySchema, exampleOf, fieldsOf, typeOf } from "./schema.ts";

/** The anchor of a tag. */
const tagAnchor = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]+/g, "-");

/**
 * The API reference as one HTML page, made from the OpenAPI document. It has no script, nothing inline and nothing from
 * another origin. Its style sheet is `/docs/style.css`.
 */
export function referencePage(document: OpenApiDocument): Html {
  const operations = operationsOf(document);
  const groups = (document.tags ?? [])
    .map((tag) => ({ ...tag, operations: operations.filter(({ operation }) => operation.tags?.includes(tag.name)) }))
    .filter((group) => group.operations.length > 0);
  const { title, description = "" } = document.info;
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}: API reference</title>
  <meta name="description" content="${description.split("\n")[0]}">
  <link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<a class="skip" href="#reference">Skip to the reference</a>
<div class="layout">
  <nav aria-label="Contents">
    <ul>
      ${groups.map(
        ({ name, operations }) => html`<li><a href="#${tagAnchor(name)}">${name}</a>
        <ul>${operations.map((placed) => html`<li><a href="#${anchorOf(placed)}">${placed.operation.summary}</a></li>`)}</ul></li>`,
      )}
      <li><a href="#problems">Problem codes</a></li>
      <li><a href="/openapi.json">openapi.json</a></li>
    </ul>
  </nav>
  <main id="reference" tabindex="-1">
    <h1>${title}</h1>
    ${prose(description)}
    ${groups.map(
      ({ name, description = "", operations }) => html`<section>
        <h2 id="${tagAnchor(name)}">${name}</h2>
        ${prose(description)}
        ${operations.map((placed) => operationSection(document, placed))}
      </section>`,
    )}
    <section>
      <h2 id="problems">Problem codes</h2>
      <p>Every error is <code>application/problem+json</code> (RFC 9457). A code is never renamed and its status never changes.</p>
      <div class="table" tabindex="0"><table>
        <thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>
        <tbody>${Object.entries(PROBLEMS).map(
          ([code, { status, title }]) =>
            html`<tr id="problem-${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td></tr>`,
        )}</tbody>
      </table></div>
    </section>
  </main>
</div>
</body>
</html>`;
}

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** An operation with its method and path. */
export type PlacedOperation = { method: string; path: string; operation: Operation };

type Parameter = Exclude<NonNullable<Operation["parameters"]>[number], { $ref: string }>;
type Content = Record<string, { schema?: AnySchema; example?: unknown }>;
type Body = { description?: string; content?: Content };

const METHODS = ["get", "post", "put", "patch", "delete"] as const satisfies (keyof PathItem)[];

/** Every operation of a document, in the order of its paths. */
export const operationsOf = (document: OpenApiDocument): PlacedOperation[] =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );

/** The anchor of an operation, for example `get-v1-admin-tokens`. */
const anchorOf = ({ method, path }: PlacedOperation): string =>
  `${method}${path.replaceAll(/[{}]/g, "").replaceAll(/[^A-Za-z0-9]+/g, "-")}`;

/** The paragraphs of a description. Backticks mark code; there is no other markup. */
export const prose = (text: string): Html =>
  html`${text.split(/\n{2,}/).map((paragraph) => html`<p>${spans(paragraph)}</p>`)}`;

/** A line of a description, with its code marked. */
const spans = (text: string): Html[] =>
  text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

/** The section of an operation: its description, an example call, its parameters and its responses. */
function operationSection(document: OpenApiDocument, placed: PlacedOperation): Html {
  const { method, path, operation } = placed;
  const parameters = (operation.parameters ?? []).filter((parameter): parameter is Parameter => "in" in parameter);
  const body = (operation.requestBody ?? {}) as Body;
  const scopes = (operation.security ?? []).flatMap((one) => one["admin_token"] ?? []);
  return html`<article id="${anchorOf(placed)}">
    <h3><a href="#${anchorOf(placed)}">${operation.summary}</a></h3>
    <p class="endpoint"><span class="method ${method}">${method.toUpperCase()}</span> ${path}</p>
    ${prose(operation.description ?? "")}
    ${scopes.length > 0 && html`<p class="quiet">Needs the scope ${spans(scopes.map((name) => `\`${name}\``).join(", "))}.</p>`}
    <pre tabindex="0"><code>${curlOf(document, placed, parameters, body)}</code></pre>
    ${parameters.length > 0 && parameterTable(document, parameters)}
    ${Object.entries(body.content ?? {}).map(([type, { schema }]) => bodyTable(document, `Body: ${type}`, schema))}
    <h4>Responses</h4>
    <dl>${answersOf(operation).map(([status, response]) => responseItem(document, status, response))}</dl>
  </article>`;
}

/** The answers of the operation itself. The introduction names those of every operation, which are its `default`. */
const answersOf = (operation: Operation) =>
  Object.entries(operation.responses ?? {}).filter(([status]) => status !== "default");

function parameterTable(document: OpenApiDocument, parameters: Parameter[]): Html {
  const fields = parameters.map(({ name, in: where, required = false, description = "", schema = {} }) => ({
    path: name,
    type: `${typeOf(document.components?.schemas ?? {}, schema as AnySchema)}, in ${where}`,
    required,
    description,
  }));
  return fieldTable("Parameters", fields);
}

function bodyTable(document: OpenApiDocument, title: string, schema: AnySchema | undefined): Html {
  const fields = schema ? fieldsOf(document.components?.schemas ?? {}, schema) : [];
  return fields.length > 0 ? fieldTable(title, fields) : html`<h4>${title}</h4>`;
}

const fieldTable = (title: string, fields: ReturnType<typeof fieldsOf>): Html => html`<h4>${title}</h4>
  <div class="table" tabindex="0"><table>
    <thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
    <tbody>${fields.map(
      ({ path, type, required, description }) => html`<tr>
        <td><code>${path}</code></td>
        <td class="quiet">${type}${required ? "" : ", optional"}</td>
        <td>${spans(description)}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;

function responseItem(document: OpenApiDocument, status: string, response: Body): Html {
  const codes = [...(response.description ?? "").matchAll(/^`([A-Z_]+)`:/gm)].map(([, code = ""]) => code);
  if (codes.length > 0) {
    return html`<dt>${status}</dt><dd>${codes.map((code) => html`<a href="#problem-${code}"><code>${code}</code></a> `)}</dd>`;
  }
  const [type, media] = Object.entries(response.content ?? {})[0] ?? [];
  return html`<dt>${status}</dt><dd>${spans(response.description ?? "")}
    ${type && media?.schema && responseBody(document, type, media.schema, media.example)}</dd>`;
}

function responseBody(document: OpenApiDocument, type: string, schema: AnySchema, given: unknown): Html {
  const example = given ?? exampleOf(document.components?.schemas ?? {}, schema);
  const text = typeof example === "string" ? example : JSON.stringify(example, null, 2);
  return html`<details><summary>${type}</summary><pre tabindex="0"><code>${text}</code></pre>
    ${bodyTable(document, "Members", schema)}</details>`;
}

/** A curl command that calls the operation with example values. Credentials come from the environment. */
function curlOf(document: OpenApiDocument, placed: PlacedOperation, parameters: Parameter[], body: Body): string {
  const schemas = document.components?.schemas ?? {};
  const value = ({ schema = {}, example }: Parameter) =>
    encodeURIComponent(String(example ?? exampleOf(schemas, schema as AnySchema)));
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const path = placed.path.replaceAll(/\{(\w+)\}/g, (whole, name) => {
    const parameter = byName.get(name);
    return parameter ? value(parameter) : whole;
  });
  const query = parameters
    .filter((parameter) => parameter.in === "query" && parameter.required)
    .map((parameter) => `${parameter.name}=${value(parameter)}`);
  const url = `${document.servers?.[0]?.url ?? ""}${path}${query.length > 0 ? `?${query.join("&")}` : ""}`;
  const schemes = (placed.operation.security ?? []).flatMap((one) => Object.keys(one));
  const [type, media] = Object.entries(body.content ?? {})[0] ?? [];
  // curl may not carry a credential from https to plain http.
  const safely = schemes.length > 0 && url.startsWith("https:") ? "--proto =https " : "";
  const lines = [
    `curl ${safely}${"302" in (placed.operation.responses ?? {}) ? "-LO " : ""}${placed.method === "get" ? "" : `-X ${placed.method.toUpperCase()} `}'${url}'`,
    schemes.includes("admin_token") && '-H "Authorization: Bearer $RBEE_ADMIN_TOKEN"',
    schemes.includes("license_bearer") && '-H "Authorization: Bearer $RBEE_LICENSE_KEY"',
    type && `-H 'Content-Type: ${type}'`,
    type &&
      (media?.schema && type.endsWith("json")
        ? `-d '${JSON.stringify(media.example ?? exampleOf(schemas, media.schema)).replaceAll("'", "'\\''")}'`
        : "--data-binary @FILE"),
  ];
  return lines.filter(Boolean).join(" \\\n  ");
}
