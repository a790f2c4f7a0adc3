/** An error of Cloudflare's API, with its own code: https://developers.cloudflare.com/api/. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A request to a route: the parts of its path that the route's pattern names, its query and its body. */
export type ApiRequest = {
  params: Record<string, string>;
  query: URLSearchParams;
  header: (name: string) => string | null;
  json: () => Promise<unknown>;
  form: () => Promise<FormData>;
};

/** A permission, as the API's reference names it. `Write` includes `Read`. */
export type Permission =
  `${"Workers Scripts" | "Workers KV Storage" | "Workers R2 Storage" | "D1" | "Queues" | "Workers Routes" | "Zone"} ${
    | "Read"
    | "Write"}`;

/** A route: method and path with `:names`, the permission it needs, and its answer (`result`). */
export type Route = readonly [
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  permission: Permission | null,
  answer: (request: ApiRequest) => unknown,
];

/** A page of a list, by `page` and `per_page`. */
export function pageOf<Item>(items: Item[], query: URLSearchParams): Item[] {
  const size = Number(query.get("per_page") ?? 20);
  const first = (Number(query.get("page") ?? 1) - 1) * size;
  return items.slice(first, first + size);
}
