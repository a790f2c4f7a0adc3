/** A refusal as Stripe gives it: the status and the `error` object of the answer. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly type: "invalid_request_error" | "idempotency_error" | "card_error" | "api_error";
  readonly code: string | undefined;
  readonly param: string | undefined;

  constructor(options: {
    status?: number;
    type?: ApiError["type"];
    code?: string;
    param?: string | undefined;
    message: string;
  }) {
    super(options.message);
    this.status = options.status ?? 400;
    this.type = options.type ?? "invalid_request_error";
    this.code = options.code;
    this.param = options.param;
  }

  /** The body of the answer. */
  toJSON(): object {
    return { error: { type: this.type, code: this.code, param: this.param, message: this.message } };
  }
}

/** The 404 for an unknown object. */
export const missing = (kind: string, id: string, param = "id"): ApiError =>
  new ApiError({
    // Stripe answers 404 for an unknown id in the path, and 400 for one in a parameter.
    status: param === "id" ? 404 : 400,
    code: "resource_missing",
    param,
    message: `No such ${kind}: '${id}'`,
  });

/** The 400 for a request that the object's state does not allow. */
export const refused = (message: string, code?: string, param?: string): ApiError =>
  new ApiError({ message, ...(code === undefined ? {} : { code }), param });

/** The 400 for a price that was archived. */
export const inactive = (param: string): ApiError =>
  refused("The price specified is inactive. This field only accepts active prices.", undefined, param);

/** The object with this id. Throws `missing`. */
export function find<T>(table: Record<string, T>, kind: string, id: string, param = "id"): T {
  const object = Object.hasOwn(table, id) ? table[id] : undefined;
  if (object === undefined) throw missing(kind, id, param);
  return object;
}
