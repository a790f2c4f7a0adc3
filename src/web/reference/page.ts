import { html } from "hono/html";
import type { OpenApiDocument } from "../../platform/http/openapi.ts";
import { PROBLEMS } from "../../platform/http/problem.ts";
import { anchorOf, type Html, operationSection, operationsOf, prose } from "./operation.ts";

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
