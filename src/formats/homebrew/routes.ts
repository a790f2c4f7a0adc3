import { repositorySources } from "../../domain/catalog/format.ts";
import { documentResponse, staticDocument } from "../../platform/http/document.ts";
import { ANYONE, createRouter, operation, Problem, publicCors, z } from "../../platform/http/route.ts";
import { readRepository } from "../git/repository.ts";
import { TAP } from "./tap.ts";

/** `GET /homebrew/Formula/{file}`, and the same at the address that entries of the catalog name. */
export const formulas = createRouter();
formulas.use("/pkgbuilds/homebrew/*", publicCors);

const declaration = {
  tag: "Package managers",
  access: ANYONE,
  params: z.object({
    file: z.string().openapi({ description: "The formula's name and `.rb`.", example: "llm-worker-rbee-metal.rb" }),
  }),
  answers: {
    200: { description: "The formula.", content: { "text/plain": { schema: z.string() } } },
    304: ["The client's copy is current."],
  },
  refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
} as const;

const ROUTES = [
  operation("get", "/homebrew/Formula/{file}", {
    ...declaration,
    summary: "Read a Homebrew formula",
    description:
      "A file of the tap that `brew tap rbee/rbee https://catalog.rbee.dev/homebrew-rbee.git` clones: one for each worker for " +
      "macOS that can be installed.",
  }),
  operation("get", "/pkgbuilds/homebrew/{file}", {
    ...declaration,
    summary: "Get a Homebrew formula as a file",
    description: "The same as `/homebrew/Formula/{file}`, at the addresses of upstream's newest catalog.",
  }),
] as const;

for (const route of ROUTES) {
  formulas.openapi(route, async (c) => {
    const path = `Formula/${c.req.valid("param").file}`;
    const files = (await readRepository(c.env, repositorySources(c.var.service.formats), TAP, c.var.now))?.files ?? {};
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    if (text === undefined) throw new Problem({ code: "NOT_FOUND", detail: `The tap has no ${path}.` });
    return documentResponse(c.req.raw, staticDocument(text, "text/plain; charset=utf-8"));
  });
}
