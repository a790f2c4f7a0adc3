import { type OpenApiDocument, type Operation, type PathItem, TAGS } from "../../platform/http/openapi.ts";
import type { AnySchema } from "./schema.ts";

/** An operation with its method (lower case) and path. */
export type PlacedOperation = { method: string; path: string; operation: Operation };

export type Parameter = Exclude<NonNullable<Operation["parameters"]>[number], { $ref: string }>;

/** The body of a request or an answer, by media type. */
export type Body = { description?: string; content?: Record<string, { schema?: AnySchema; example?: unknown }> };

const METHODS = ["get", "post", "put", "patch", "delete"] as const satisfies (keyof PathItem)[];

/** Every operation of a document, in the order of its paths. */
export const operationsOf = (document: OpenApiDocument): PlacedOperation[] =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );

/** The parameters of an operation. */
export const parametersOf = ({ operation }: PlacedOperation): Parameter[] =>
  (operation.parameters ?? []).filter((parameter): parameter is Parameter => "in" in parameter);

/** The body that an operation takes. Without `content`, it takes none. */
export const bodyOf = ({ operation }: PlacedOperation): Body => (operation.requestBody ?? {}) as Body;

/** The answers of the operation itself, by status. Every operation has the same `default`. */
export const answersOf = ({ operation }: PlacedOperation): [status: string, answer: Body][] =>
  Object.entries(operation.responses ?? {})
    .filter(([status]) => status !== "default")
    .map(([status, answer]) => [status, answer as Body]);

/** A group of operations: the name and description of its tag, and the last part of its page's path. */
export type Group = { name: string; slug: string; description: string };

/** Every group of this service, in the order of the reference. */
export const GROUPS: readonly Group[] = Object.entries(TAGS).map(([name, description]) => ({
  name,
  slug: name.toLowerCase().replaceAll(/[^a-z]+/g, "-"),
  description,
}));

/** A group with its operations. */
export type FullGroup = Group & { operations: PlacedOperation[] };

/** The groups of a document that have operations. */
export function groupsOf(document: OpenApiDocument): FullGroup[] {
  const operations = operationsOf(document);
  return GROUPS.map((group) => ({
    ...group,
    operations: operations.filter(({ operation }) => operation.tags?.includes(group.name)),
  })).filter((group) => group.operations.length > 0);
}

/** The path of a group's page. */
export const groupPath = ({ slug }: Pick<Group, "slug">): string => `/docs/${slug}`;

/** The path of the page of the objects that a group's operations take and answer. */
export const objectsPath = (group: Pick<Group, "slug">): string => `${groupPath(group)}/objects`;

/** The path of an operation's section in the page of its group. */
export const operationPath = (group: Pick<Group, "slug">, { operation }: PlacedOperation): string =>
  `${groupPath(group)}#${operation.operationId}`;

/** The anchor that an operation had while the whole reference was one page, such as `get-v1-admin-tokens`. */
export const formerAnchor = ({ method, path }: PlacedOperation): string =>
  `${method}${path.replaceAll(/[{}]/g, "").replaceAll(/[^A-Za-z0-9]+/g, "-")}`;
