import type { ProblemCode } from "./problem.ts";

/** The answers that a middleware may give in place of the handler behind it. */
export type Layer = {
  refusals?: readonly ProblemCode[];
  /** The target of its redirect with 303, in a sentence. */
  leadsTo?: string;
};

const layers = new WeakMap<object, Layer>();

/** The same middleware, with its answers for the API's description of each operation that it stands before. */
export function layer<Middleware extends object>(middleware: Middleware, answers: Layer): Middleware {
  layers.set(middleware, answers);
  return middleware;
}

/** The answers of all of an operation's middleware. */
export function layersOf(middleware: readonly object[]): { refusals: ProblemCode[]; leadsTo: string[] } {
  const known = middleware.map((one) => layers.get(one)).filter((one) => one !== undefined);
  return {
    refusals: known.flatMap(({ refusals = [] }) => refusals),
    leadsTo: known.flatMap(({ leadsTo }) => (leadsTo === undefined ? [] : [leadsTo])),
  };
}
