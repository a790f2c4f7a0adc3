/** What a pure decision returns: a value, or the reason there is none. Nothing in a decision throws. */
export type Result<Value, Failure> = { ok: true; value: Value } | { ok: false; error: Failure };

/** A success carrying `value`. */
export const ok = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });

/** A failure carrying `error`. */
export const err = <Failure>(error: Failure): { ok: false; error: Failure } => ({ ok: false, error });
