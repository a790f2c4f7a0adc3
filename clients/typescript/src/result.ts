/** The result of a check: its value, or the one reason against it. Checks do not throw. */
export type Result<Value, Reason> = { ok: true; value: Value } | { ok: false; why: Reason };

export const ok = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });
export const refuse = <Reason>(why: Reason): { ok: false; why: Reason } => ({ ok: false, why });

/** An object of JSON. */
export type JsonObject = { readonly [name: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object that a JSON text is, or null for any other text. */
export function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
