import type { OpenApiDocument } from "../../../platform/http/openapi.ts";
import { answersOf, bodyOf, type Parameter, type PlacedOperation, parametersOf } from "../operations.ts";
import { type AnySchema, exampleOf } from "../schema.ts";

/** The environment variables that samples take secrets and the machine from. */
type Variable = "RBEE_ADMIN_TOKEN" | "RBEE_LICENSE_KEY" | "RBEE_MACHINE";

/** The body of a sample: a JSON value, the fields of a form, or the bytes of the file `FILE`. */
export type SampleBody =
  | { kind: "json"; value: unknown }
  | { kind: "form"; fields: Record<string, string> }
  | { kind: "file"; type: string };

/** A call of an operation with example values, for any language. */
export type SampleCall = {
  operationId: string;
  /** In upper case. */
  method: string;
  /** The catalog's origin. */
  origin: string;
  /** The whole address, with the required parameters of the query. */
  url: string;
  pathParameters: Record<string, unknown>;
  queryParameters: Record<string, unknown>;
  /** The variable with the key or token that it sends as `Bearer`. Null: it needs none. */
  credential: Extract<Variable, "RBEE_ADMIN_TOKEN" | "RBEE_LICENSE_KEY"> | null;
  /** Headers whose values come from variables. */
  variableHeaders: Record<string, Variable>;
  body: SampleBody | null;
  /** The form of a successful answer. `file`: bytes to keep; `none`: there is no body. */
  answer: "json" | "text" | "file" | "none";
};

/** The sample call of an operation. */
export function sampleCall(document: OpenApiDocument, placed: PlacedOperation): SampleCall {
  const schemas = document.components?.schemas ?? {};
  const parameters = parametersOf(placed);
  const exampleFor = ({ schema = {}, example }: Parameter): unknown =>
    example ?? exampleOf(schemas, schema as AnySchema);
  const of = (place: string): Record<string, unknown> =>
    Object.fromEntries(
      parameters.filter((one) => one.in === place && one.required).map((one) => [one.name, exampleFor(one)]),
    );
  const [pathParameters, queryParameters] = [of("path"), of("query")];
  const path = placed.path.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    name in pathParameters ? encodeURIComponent(String(pathParameters[name])) : whole,
  );
  const query = new URLSearchParams(Object.entries(queryParameters).map(([name, value]) => [name, String(value)]));
  const origin = document.servers?.[0]?.url ?? "";
  const schemes = (placed.operation.security ?? []).flatMap((one) => Object.keys(one));
  const isLicensed = schemes.includes("license_bearer");
  return {
    operationId: placed.operation.operationId ?? "",
    method: placed.method.toUpperCase(),
    origin,
    url: `${origin}${path}${query.size > 0 ? `?${query}` : ""}`,
    pathParameters,
    queryParameters,
    credential: schemes.includes("admin_token") ? "RBEE_ADMIN_TOKEN" : isLicensed ? "RBEE_LICENSE_KEY" : null,
    variableHeaders:
      isLicensed && parameters.some(({ name }) => name.toLowerCase() === "rbee-machine")
        ? { "Rbee-Machine": "RBEE_MACHINE" }
        : {},
    body: sampleBody(schemas, placed),
    answer: answerForm(placed),
  };
}

function sampleBody(schemas: Parameters<typeof exampleOf>[0], placed: PlacedOperation): SampleBody | null {
  const [type, media] = Object.entries(bodyOf(placed).content ?? {})[0] ?? [];
  if (type === undefined) return null;
  const value = media?.schema ? (media.example ?? exampleOf(schemas, media.schema)) : null;
  if (type.endsWith("json") && media?.schema) return { kind: "json", value };
  if (type === "application/x-www-form-urlencoded" && typeof value === "object" && value !== null) {
    return {
      kind: "form",
      fields: Object.fromEntries(Object.entries(value).map(([name, one]) => [name, String(one)])),
    };
  }
  return { kind: "file", type };
}

function answerForm(placed: PlacedOperation): SampleCall["answer"] {
  const [success] = answersOf(placed).filter(([status]) => status < "400" && status !== "304");
  if (!success) return "none";
  const [status, { content = {} }] = success;
  const [type] = Object.keys(content);
  if (status.startsWith("3")) return status === "302" ? "file" : "none";
  if (type === undefined) return "none";
  if (type === "application/json") return "json";
  return type.startsWith("text/") || type.endsWith("+jwt") ? "text" : "file";
}
