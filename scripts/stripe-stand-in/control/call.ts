import * as z from "zod";
import { ApiError } from "../api-error.ts";
import type { StandIn } from "../stand-in.ts";

/** One call of the control surface. */
export type ControlCall = {
  method: "GET" | "POST";
  /** Below `/control`: `refunds/:id/fail`. */
  path: string;
  description: string;
  /** A body that works, or null where none is needed. */
  example: object | null;
  run(standIn: StandIn, body: unknown, id: string): unknown;
};

/** Describes one call; `handle` gets the body as `schema` makes it. */
export function control<S extends z.ZodType>(
  route: `${"GET" | "POST"} ${string}`,
  description: string,
  schema: S,
  example: z.input<S> extends object ? z.input<S> | null : null,
  handle: (standIn: StandIn, body: z.output<S>, id: string) => unknown,
): ControlCall {
  const [method, path = ""] = route.split(" ");
  return {
    method: method === "GET" ? "GET" : "POST",
    path,
    description,
    example,
    run(standIn, body, id) {
      const parsed = schema.safeParse(body);
      if (!parsed.success) throw new ApiError({ message: z.prettifyError(parsed.error) });
      return handle(standIn, parsed.data, id);
    },
  };
}

/** For calls that need nothing said. */
export const nothing = z.strictObject({});
