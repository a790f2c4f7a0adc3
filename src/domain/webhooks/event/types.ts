import { ACTIONS, type Action, typeOf } from "../../../platform/storage/actions.ts";

/** The types of all events, in the order of `ACTIONS`. */
export const EVENT_TYPES: readonly string[] = ACTIONS.map(typeOf);

/** Whether a pattern covers a type: it is that type, or its first part and `.*`, as `license.*`. */
const covers = (pattern: string, type: string): boolean =>
  pattern.endsWith(".*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type;

/** Whether any type is covered by the pattern. */
export const isTypePattern = (pattern: string): boolean => EVENT_TYPES.some((type) => covers(pattern, type));

/** The acts whose events the patterns cover. Without a pattern: null, which stands for every act. */
export const actionsOf = (patterns: readonly string[]): Action[] | null =>
  patterns.length === 0
    ? null
    : ACTIONS.filter((action) => patterns.some((pattern) => covers(pattern, typeOf(action))));
