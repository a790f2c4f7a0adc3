import type { OpenAPIHono } from "@hono/zod-openapi";
import { ANYWHERE, PROBLEMS } from "./problem.ts";
import { exampleReferences, problemExamples } from "./problem-schema.ts";
import type { AppEnv } from "./router.ts";

export type OpenApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;
export type PathItem = NonNullable<OpenApiDocument["paths"]>[string];
export type Operation = NonNullable<PathItem["get"]>;

/** The groups of operations, in the order of the reference page. Each route's `tags` names one. */
export const TAGS = {
  Catalog: "The workers, free and premium, and figures about them. No credential.",
  "Catalog for hives": "The workers in the forms that hives and marketplaces in use decode, and their recipes.",
  Releases: "The versions of a worker that can be downloaded. Premium workers need a license.",
  Delivery: "Signed links and the bytes behind them: resumable, checksummed, short-lived.",
  "Package managers": "Recipes for git and formulas for Homebrew, at the paths that these tools request.",
  "apt and RPM": "Signed repositories for apt, dnf and zypper, at the paths that these tools request.",
  pacman: "Repositories for pacman, at the paths that it requests.",
  Containers: "A registry of images for docker and podman: the pull part of the OCI distribution specification.",
  "AUR helpers": "The interface of the Arch User Repository, at the paths that its helpers request.",
  Licensing: "How a hive uses its license: activate a machine, get a token, deactivate the machine, verify a token.",
  Purchase: "Plans, checkout and billing.",
  "Admin: licenses": "Issue, find, revoke, suspend, reinstate and extend licenses.",
  "Admin: machines": "Remove a license's machines, and bar them from it.",
  "Admin: money": "List orders, refund, sum up revenue and handle payment events.",
  "Admin: releases": "Draft, publish, yank and block releases.",
  "Admin: files": "Upload, check, sign and download the files of releases.",
  "Trusted publishing": "How a job of GitHub Actions gets an admin token without a stored secret.",
  "Admin: webhooks": "Read events, and send them to systems of your own.",
  "Admin: access": "Admin tokens and the audit trail.",
  "Admin: operations": "Jobs, backups, checks, figures and metrics for operators.",
  Pages: "Pages for browsers: the storefront, the account and the admin console.",
  Service: "Health, keys and this description.",
} as const;

/** `security` of an operation that accepts a license key or token, as Bearer or Basic. */
export const LICENSE_SECURITY: Record<string, string[]>[] = [{ license_bearer: [] }, { license_basic: [] }];

/** The ways to send a credential (OpenAPI 3.1, "Security Scheme Object"). Admin routes use `adminAccess`. */
export const SECURITY_SCHEMES = {
  license_bearer: {
    type: "http",
    scheme: "bearer",
    description: "`Authorization: Bearer` with a license key (`rbee_lic_...`) or a license token.",
  },
  license_basic: {
    type: "http",
    scheme: "basic",
    description: "The machine's fingerprint as user, a license key or token as password.",
  },
  foreign_key: {
    type: "http",
    scheme: "bearer",
    description: "`Authorization: Bearer` with a license key of another shop, which an owner has imported.",
  },
  admin_token: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "rbee_adm_...",
    description: "An admin token with the scope that the operation names, or a session of Cloudflare Access.",
  },
} as const;

const DESCRIPTION = `The catalog that rbee hives install inference workers from.

Free workers need no credential. A premium worker's binaries need a license key or token, sent as \`Bearer\`, or as the password of \`Basic\` whose user is the machine's fingerprint.

JSON is snake_case and times are RFC 3339 in UTC. Lists page by \`limit\` and \`cursor\`. Every error is \`application/problem+json\` with a stable \`code\`, and every response carries \`X-Request-Id\`. Every operation may also answer \`HTTPS_REQUIRED\` (403), \`INTERNAL_ERROR\` (500) and \`SERVICE_UNAVAILABLE\` (503).`;

/**
 * The OpenAPI 3.1 document of all operations of `app` at `publicUrl`, from the schemas that validate requests. `idOf`
 * gives the `operationId` of a method (lower case) and path.
 */
export function openApiDocument(
  app: OpenAPIHono<AppEnv>,
  publicUrl: string,
  idOf: (method: string, path: string) => string,
): OpenApiDocument {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "rbee worker catalog",
      version: "1",
      description: DESCRIPTION,
      contact: { name: "The catalog's pages", url: publicUrl },
      license: { name: "GPL-3.0-or-later", url: "https://www.gnu.org/licenses/gpl-3.0.html" },
    },
    servers: [{ url: publicUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  });
  const paths = Object.entries(document.paths ?? {}).map(
    ([path, item]) => [path, completed(path, item, idOf)] as const,
  );
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: {
      ...document.components,
      securitySchemes: SECURITY_SCHEMES,
      responses: { AnyProblem: anyProblem() },
      examples: problemExamples(publicUrl),
    },
  };
}

const METHODS = ["get", "put", "post", "delete"] as const;

/**
 * The path with the id of each of its operations, its `security` also where no credential is needed, and the answer
 * `default`: the problems that the layers before all rooms answer.
 */
function completed(path: string, item: PathItem, idOf: (method: string, path: string) => string): PathItem {
  const described = METHODS.flatMap((method) => {
    const operation = item[method];
    if (!operation) return [];
    const responses = { ...operation.responses, default: { $ref: "#/components/responses/AnyProblem" } };
    const { security = [] } = operation;
    return [[method, { operationId: idOf(method, path), ...operation, security, responses }] as const];
  });
  return { ...item, ...Object.fromEntries(described) };
}

const anyProblem = () => ({
  description: `Every operation may also answer ${ANYWHERE.map((code) => `\`${code}\` (${PROBLEMS[code].status})`).join(", ")}.`,
  content: {
    "application/problem+json": {
      schema: { $ref: "#/components/schemas/Problem" },
      examples: exampleReferences(ANYWHERE),
    },
  },
});
