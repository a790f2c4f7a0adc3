/** The result of a pure decision: a value, or the error that prevents it. Decisions do not throw. */
export type Result<Value, Failure> = { ok: true; value: Value } | { ok: false; error: Failure };

/** A success with `value`. */
export const ok = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });

/** A failure with `error`. */
export const err = <Failure>(error: Failure): { ok: false; error: Failure } => ({ ok: false, error });
