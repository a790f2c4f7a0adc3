import { DELIVERY_PROBLEMS } from "../../domain/delivery/authorization.ts";
import { findWorker, type Worker } from "../../domain/workers/workers.ts";
import { LICENSE_SECURITY } from "../../platform/http/openapi.ts";
import { PROBLEMS, Problem, type ProblemCode } from "../../platform/http/problem.ts";
import { type AppContext, documentResponse, staticDocument, z } from "../../platform/http/route.ts";
import { OciErrors, ociCodeOf } from "./errors.ts";
import { digestHex, digestOf } from "./names.ts";

/** The group of the registry's operations. */
export const TAGS = ["Containers"];

/** The security of the registry's operations. A registry token is sent as Bearer, too. */
export const SECURITY = [{}, ...LICENSE_SECURITY];

/** The path parameter that names a worker's repository below `rbee/`. */
export const RepositoryParams = z.object({
  id: z
    .string()
    .openapi({ description: "The worker's id: its repository is `rbee/<id>`.", example: "llm-worker-rbee-cpu" }),
});

/** The problems of a request for something of a repository. */
const REPOSITORY_PROBLEMS: readonly ProblemCode[] = [
  ...DELIVERY_PROBLEMS,
  "MALFORMED_REQUEST",
  "NOT_FOUND",
  "SERVICE_UNAVAILABLE",
];

/**
 * The responses of an operation of the registry at a path: its errors by status, each with the problems that it stands
 * for. The problems of a repository come with `more`.
 */
export function registryErrorsAt(path: string, ...more: ProblemCode[]) {
  const codes = [...new Set([...REPOSITORY_PROBLEMS, ...more])];
  const entries = [...Map.groupBy(codes, (code) => PROBLEMS[code].status)].map(([status, ofStatus]) => {
    const description = ofStatus.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join("\n\n");
    const examples = Object.fromEntries(ofStatus.map((code) => [code, { value: exampleOf(code, path) }]));
    return [status, { description, content: { "application/json": { schema: OciErrors, examples } } }] as const;
  });
  return Object.fromEntries(entries);
}

const exampleOf = (code: ProblemCode, path: string) => ({
  errors: [
    {
      code: ociCodeOf(code, path),
      message: `${PROBLEMS[code].title}.`,
      detail: { code, request_id: "5f0c8e0e-6d0b-4f52-9f0b-3b8f6f1f3a55" },
    },
  ],
});

/** The worker of a path. Throws WORKER_NOT_FOUND; a worker's short name is no repository. */
export function requireRepository(id: string): Worker {
  const worker = findWorker(id);
  if (worker?.id === id) return worker;
  throw new Problem({ code: "WORKER_NOT_FOUND", detail: `The registry has no repository rbee/${id}.` });
}

/** The hexadecimal part of a digest in a path. Throws MALFORMED_REQUEST for another text. */
export function requireDigest(digest: string): string {
  const hex = digestHex(digest);
  if (hex !== null) return hex;
  throw new Problem({ code: "MALFORMED_REQUEST", detail: "A digest is sha256: and 64 hexadecimal digits." });
}

/** Caches keep what has a digest for a name, but ask again so that a withdrawn version ends within the bound. */
const PUBLIC = "public, no-cache";

/** Answers a GET or HEAD with a small document of a repository. `hex` is its SHA-256. */
export function documentOf(c: AppContext, { tier }: Worker, text: string, type: string, hex: string): Response {
  const response = documentResponse(c.req.raw, staticDocument(text, type), {
    "Docker-Content-Digest": digestOf(hex),
    "Cache-Control": tier === "free" ? PUBLIC : "private, no-store",
  });
  if (tier === "premium") response.headers.set("Vary", "Authorization, Rbee-Machine");
  return response;
}
