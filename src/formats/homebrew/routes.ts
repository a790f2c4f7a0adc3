import {
  createRoute,
  createRouter,
  documentResponse,
  Problem,
  problems,
  staticDocument,
  z,
} from "../../platform/http/route.ts";
import { readRepository } from "../git/repository.ts";
import { TAP } from "./tap.ts";

/** `GET /homebrew/Formula/{file}`: a formula of the tap, to read before it is run. */
export const homebrewRoutes = createRouter();

homebrewRoutes.openapi(
  createRoute({
    method: "get",
    path: "/homebrew/Formula/{file}",
    tags: ["Package managers"],
    summary: "Read a Homebrew formula",
    description:
      "A file of the tap that `brew tap rbee/rbee https://catalog.rbee.dev/homebrew-rbee.git` clones: one for each worker for " +
      "macOS that can be installed.",
    request: {
      params: z.object({
        file: z.string().openapi({ description: "The formula's name and `.rb`.", example: "llm-worker-rbee-metal.rb" }),
      }),
    },
    responses: {
      200: { description: "The formula.", content: { "text/plain": { schema: z.string() } } },
      304: { description: "`If-None-Match` names what would be sent." },
      ...problems("NOT_FOUND", "SERVICE_UNAVAILABLE"),
    },
  }),
  async (c) => {
    const path = `Formula/${c.req.valid("param").file}`;
    const files = (await readRepository(c.env, TAP, c.var.now))?.files ?? {};
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    if (text === undefined) throw new Problem({ code: "NOT_FOUND", detail: `The tap has no ${path}.` });
    return documentResponse(c.req.raw, staticDocument(text, "text/plain; charset=utf-8"));
  },
);
