import * as z from "zod";
import { ProblemError, parseJson } from "./errors.ts";

/** The members of a problem (RFC 9457) that the command shows. */
export const ProblemBody = z.looseObject({
  code: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
  request_id: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  purchase_url: z.string().optional(),
  latest_covered_version: z.string().nullable().optional(),
  seat_free_at: z.string().nullable().optional(),
  may_take_over: z.boolean().optional(),
});

export type ProblemBody = z.infer<typeof ProblemBody>;

/** Turns an unsuccessful response of the catalog at `origin` into an error. `body` is its text. */
export const problemError = (status: number, body: string, origin?: string): ProblemError =>
  new ProblemError(status, parseJson(ProblemBody, body), origin);
