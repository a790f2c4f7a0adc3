import { z } from "@hono/zod-openapi";
import { PROBLEMS, type ProblemCode, problemType } from "./problem.ts";

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** The body of every error, for the API's description. `problemResponse` makes the body itself. */
export const ProblemSchema = z
  .object({
    type: z.url().openapi({ description: "The page about this code: its causes and its remedy." }),
    title: z.string().openapi({ description: "A summary, the same for every problem of this code." }),
    status: z.int().openapi({ description: "The HTTP status, repeated." }),
    detail: z.string().openapi({ description: "An explanation of this occurrence, for a person." }),
    code: z.enum(CODES).openapi({ description: "The code by which programs decide. Never renamed." }),
    error: z.string().openapi({ description: "The title again, for clients older than RFC 9457." }),
    request_id: z.string().openapi({ description: "The id to quote to support." }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: "With VALIDATION_FAILED: every invalid field and its fault." }),
    purchase_url: z.url().optional().openapi({ description: "The page that sells a license for this." }),
    retry_after: z.int().optional().openapi({ description: "Seconds to wait, as in `Retry-After`." }),
    latest_covered_version: z
      .string()
      .nullable()
      .optional()
      .openapi({ description: "With VERSION_NOT_COVERED: the newest version that the license covers." }),
    seat_free_at: z.iso.datetime().nullable().optional().openapi({
      description: "With MACHINE_LIMIT_REACHED: when the next seat becomes free by itself; null: none does.",
    }),
    may_take_over: z.boolean().optional().openapi({
      description:
        "With MACHINE_LIMIT_REACHED: whether a machine has been idle for so long that `take_over` gets its seat.",
    }),
  })
  .openapi("Problem");

/** The problems of every operation that reads a JSON body, behind `jsonBodyLimit`, for `problems(...)`. */
export const BODY_PROBLEMS = ["MALFORMED_REQUEST", "PAYLOAD_TOO_LARGE", "VALIDATION_FAILED"] as const;

type StatusOf<Code extends ProblemCode> = (typeof PROBLEMS)[Code]["status"];

type ProblemDocument = {
  description: string;
  content: {
    "application/problem+json": { schema: typeof ProblemSchema; examples: Record<string, { $ref: string }> };
  };
};

/** The `responses` of `createRoute` for problems: one entry a status, with its codes and references to examples. */
export function problems<const Codes extends readonly ProblemCode[]>(
  ...codes: Codes
): { [Status in StatusOf<Codes[number]>]: ProblemDocument } {
  const byStatus = Map.groupBy(codes, (code: ProblemCode) => PROBLEMS[code].status);
  const entries = [...byStatus].map(([status, ofStatus]) => [status, documentOf(ofStatus)] as const);
  return Object.fromEntries(entries) as { [Status in StatusOf<Codes[number]>]: ProblemDocument };
}

function documentOf(codes: ProblemCode[]): ProblemDocument {
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join("\n\n"),
    content: {
      "application/problem+json": {
        schema: ProblemSchema,
        examples: exampleReferences(codes),
      },
    },
  };
}

/** References to the examples of these problems, by code. */
export const exampleReferences = (codes: readonly ProblemCode[]): Record<string, { $ref: string }> =>
  Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));

/** An example of each problem at `origin`, for `components.examples`: most codes belong to a hundred operations. */
export const problemExamples = (origin: string): Record<string, { value: z.input<typeof ProblemSchema> }> =>
  Object.fromEntries(CODES.map((code) => [code, { value: exampleOf(code, origin) }]));

function exampleOf(code: ProblemCode, origin: string): z.input<typeof ProblemSchema> {
  const { status, title } = PROBLEMS[code];
  return {
    type: problemType(code, origin),
    title,
    status,
    detail: `${title}.`,
    code,
    error: title,
    request_id: "5f0c8e0e-6d0b-4f52-9f0b-3b8f6f1f3a55",
    ...EXAMPLE_EXTRAS[code],
  };
}

const EXAMPLE_EXTRAS: Partial<Record<ProblemCode, Partial<z.input<typeof ProblemSchema>>>> = {
  VALIDATION_FAILED: { errors: [{ path: "limit", message: "must be at most 200" }] },
  RATE_LIMITED: { retry_after: 60 },
  VERSION_NOT_COVERED: { latest_covered_version: "1.9.2", purchase_url: "https://marketplace.rbee.dev/premium" },
  MACHINE_LIMIT_REACHED: { seat_free_at: null, may_take_over: false },
  NOT_ENTITLED: { purchase_url: "https://marketplace.rbee.dev/premium" },
  LICENSE_EXPIRED: { purchase_url: "https://marketplace.rbee.dev/premium" },
};
