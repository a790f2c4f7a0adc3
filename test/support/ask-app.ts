import { app } from "../../src/app.ts";

/** Sends a request past the answers at once, with these bindings, of which some may be broken. */
export const askApp = (path: string, init: RequestInit, bindings: object): Promise<Response> =>
  app.fetch(new Request(new URL(path, "https://catalog.test"), init), bindings as Env);
