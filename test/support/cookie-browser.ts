import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../src/app.ts";
import { newAddress } from "./admin-request.ts";

type Sent = { form?: Record<string, string>; headers?: Record<string, string> };

/** A browser's sessions: it keeps cookies, sends its forms as a same-origin page does, and follows no redirect. */
export class TestBrowser {
  readonly cookies = new Map<string, string>();
  readonly #bindings: Env;
  readonly #service: {
    fetch: (request: Request, bindings: Env, context: ExecutionContext) => Response | Promise<Response>;
  };

  constructor({ bindings = env, service = app }: { bindings?: Env; service?: TestBrowser["service"] } = {}) {
    this.#bindings = bindings;
    this.#service = service;
  }

  get service() {
    return this.#service;
  }

  /** Copies the browser: the copy has the same cookies, and both change them separately from now on. */
  clone(): TestBrowser {
    const copy = new TestBrowser({ bindings: this.#bindings, service: this.#service });
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  /** Loads a page. */
  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send("GET", path, { headers: { "Sec-Fetch-Site": "same-origin", ...headers } });
  }

  /** Sends a form from a page of the service; `headers` that are empty are left out. */
  post(path: string, { form = {}, headers = {} }: Sent = {}): Promise<Response> {
    return this.#send("POST", path, {
      form,
      headers: { "Sec-Fetch-Site": "same-origin", Origin: "null", ...headers },
    });
  }

  async #send(method: string, path: string, { form, headers }: Sent): Promise<Response> {
    const context = createExecutionContext();
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const given = Object.entries({ Cookie: cookie, ...headers }).filter(([, value]) => value !== "");
    const response = await this.#service.fetch(
      new Request(`https://catalog.test${path}`, {
        method,
        redirect: "manual",
        headers: { "CF-Connecting-IP": newAddress(), ...Object.fromEntries(given) },
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      }),
      this.#bindings,
      context,
    );
    await waitOnExecutionContext(context);
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}

/** The token that a page's forms carry. */
export const csrfTokenIn = (html: string): string => /name="csrf_token" value="([^"]*)"/.exec(html)?.[1] ?? "";
