import { exports } from "cloudflare:workers";
import { validate } from "@hyperjump/json-schema/openapi-3-1";
import { describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { CREDENTIAL_PROBLEMS } from "../../../src/domain/licensing/holder.ts";
import { type OpenApiDocument, SECURITY_SCHEMES, TAGS } from "../../../src/platform/http/openapi.ts";
import { apiDescription } from "../../../src/web/reference/description.ts";
import { OPERATION_IDS } from "../../../src/web/reference/operation-ids.ts";
import { operationsOf } from "../../../src/web/reference/operations.ts";

const SPECIFICATION = "https://spec.openapis.org/oas/3.1/schema-base";
const document = JSON.parse(
  JSON.stringify(apiDescription(await app.whole(), "https://catalog.test")),
) as OpenApiDocument;
const operations = operationsOf(document).map((placed) => ({ ...placed, name: `${placed.method} ${placed.path}` }));

/**
 * Every route that a client can reach, in the form of the document, without a trailing slash. Middleware is for all
 * methods.
 */
const routes = [
  ...new Set(
    (await app.whole()).routes
      .filter(({ method }) => method !== "ALL")
      .map(
        ({ method, path }) =>
          `${method.toLowerCase()} ${path.replaceAll(/:(\w+)(\{[^}]*\})?\??/g, "{$1}").replace(/(?<=.)\/$/, "")}`,
      ),
  ),
];

/** Whether a part of the document, with its references, has an example. */
function hasExample(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  if ("example" in part || "examples" in part) return true;
  if ("$ref" in part) {
    const name = String(part.$ref).replace("#/components/schemas/", "");
    return hasExample(document.components?.schemas?.[name]);
  }
  return Object.values(part).some(hasExample);
}

/** The schemas of arrays without `items`, anywhere in a part of the document. */
function arraysWithoutItems(part: unknown): object[] {
  if (typeof part !== "object" || part === null) return [];
  const own = "type" in part && [part.type].flat().includes("array") && !("items" in part) ? [part] : [];
  return [...own, ...Object.values(part).flatMap(arraysWithoutItems)];
}

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3.1, including its schemas", async () => {
    expect(await validate(SPECIFICATION, document as never, "BASIC")).toEqual({ valid: true });
  });

  it("fails the validation with a fault in it", async () => {
    const schemas = { ...document.components?.schemas, Problem: { type: "strin" } };
    const faulty = { ...document, components: { ...document.components, schemas } };
    expect((await validate(SPECIFICATION, faulty as never, "BASIC")).valid).toBe(false);
    expect((await validate(SPECIFICATION, { ...document, info: {} } as never, "BASIC")).valid).toBe(false);
  });

  it("has every route and no other", () => {
    expect(routes.length).toBeGreaterThan(8);
    expect(operations.map(({ name }) => name).sort()).toEqual([...routes].sort());
  });

  it("gives each operation a name that somebody has chosen, in camel case, and no name twice", () => {
    const ids = operations.map(({ operation }) => operation.operationId ?? "");
    expect(ids.filter((id) => !/^[a-z]+([A-Z][a-z0-9]*)+$/.test(id))).toEqual([]);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const chosen = Object.fromEntries(operations.map(({ name, operation }) => [name, operation.operationId]));
    expect(chosen, "src/web/reference/operation-ids.ts names every operation, and no other").toEqual(OPERATION_IDS);
  });

  it("says of each operation which credential it needs, if any", () => {
    for (const { name, path, operation } of operations) {
      expect([name, operation.security]).toEqual([name, expect.any(Array)]);
      if (path === "/v1/plans" || path.startsWith("/rpc")) expect([name, operation.security]).toEqual([name, []]);
    }
  });

  it("names the parameters of each operation as in its path", () => {
    for (const { name, path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const described = (operation.parameters ?? []).flatMap((one) =>
        "in" in one && one.in === "path" ? [one.name] : [],
      );
      expect([name, ...described.sort()]).toEqual([name, ...inPath.sort()]);
    }
  });

  it("names every component somewhere, and describes the items of every array", () => {
    const text = JSON.stringify(document);
    const { schemas, examples } = document.components ?? {};
    const named = { schemas, examples };
    for (const [kind, ofKind] of Object.entries(named)) {
      const unused = Object.keys(ofKind ?? {}).filter((name) => !text.includes(`"#/components/${kind}/${name}"`));
      expect([kind, unused]).toEqual([kind, []]);
    }
    expect(arraysWithoutItems(document)).toEqual([]);
  });

  it("describes each parameter", () => {
    for (const { name, operation } of operations) {
      for (const one of operation.parameters ?? [])
        expect([name, one]).toEqual([name, expect.objectContaining({ description: expect.stringMatching(/\.$/) })]);
    }
  });

  it("uses only described credentials and groups", () => {
    for (const { name, path, operation } of operations) {
      const schemes = (operation.security ?? []).flatMap((one) => Object.keys(one));
      for (const scheme of schemes) expect(Object.keys(SECURITY_SCHEMES), name).toContain(scheme);
      expect(Object.keys(TAGS), name).toContain(operation.tags?.[0]);
      if (path.startsWith("/v1/admin")) expect(schemes, name).toEqual(["admin_token"]);
    }
  });

  it("has a summary, an example and the errors of each operation", () => {
    for (const { name, path, operation } of operations) {
      // A registry's errors have a form of their own (OCI distribution specification).
      const form = /^\/v2(\/(rbee\/.*|token|_catalog))?$/.test(path) ? "application/json" : "application/problem+json";
      expect(operation.summary, name).toMatch(/^[A-Z].{5,80}[^.]$/);
      const responses = Object.entries(operation.responses ?? {});
      const succeeds = responses.filter(([status]) => status < "400");
      const fails = responses.filter(([status]) => status >= "400");
      expect(hasExample([operation.parameters, operation.requestBody, succeeds]), name).toBe(true);
      expect(
        fails.some(([, { content }]) => form in (content ?? {})),
        name,
      ).toBe(true);
    }
  });

  it("lists every refusal of a license credential at each operation that accepts one", () => {
    const taking = operations.filter(({ operation }) => operation.security?.some((one) => "license_bearer" in one));
    expect(taking.length).toBeGreaterThan(5);
    for (const { name, operation } of taking) {
      for (const code of CREDENTIAL_PROBLEMS) expect(JSON.stringify(operation.responses), name).toContain(`"${code}"`);
    }
  });
});

describe("/openapi.json", () => {
  it("serves the document, and 304 to a client with the current version", async () => {
    const url = "https://catalog.test/openapi.json";
    const response = await exports.default.fetch(url);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(response.headers.get("Cache-Control")).toContain("public");
    expect(await response.json()).toEqual(document);
    const etag = response.headers.get("ETag") ?? "";
    const again = await exports.default.fetch(url, { headers: { "If-None-Match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const other = await exports.default.fetch(url, { headers: { "If-None-Match": '"other"' } });
    expect(other.status).toBe(200);
  });
});
