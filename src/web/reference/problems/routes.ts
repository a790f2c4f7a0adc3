import { createRouter, Problem, z } from "../../../platform/http/route.ts";
import { pageRoute } from "../../page/kit.ts";
import { publicDocument } from "../public-document.ts";
import { codeNamed, problemCodePage, problemListPage } from "./pages.tsx";

/** The pages about problems. `type` of each problem leads to one, so they need no description of the API. */
export const problemRoutes = createRouter();

problemRoutes.openapi(
  pageRoute("get", "/docs/problems", {
    summary: "List the problem codes",
    answers: { 200: "Every code, with its status and meaning." },
    files: { 304: { description: "It has not changed since the `ETag` in `If-None-Match`." } },
  }),
  async (c) => publicDocument(c, "problems", () => problemListPage(c.var.config.PUBLIC_URL)),
);

const CodeParams = z.object({
  code: z.string().openapi({ description: "The code of a problem.", example: "MACHINE_LIMIT_REACHED" }),
});

problemRoutes.openapi(
  pageRoute("get", "/docs/problems/{code}", {
    request: { params: CodeParams },
    summary: "Explain a problem code",
    description: "The `type` of a problem is the address of this page: the causes of the problem and its remedy.",
    answers: { 200: "The page of the code." },
    leadsTo: "The page of the code, for another spelling of it such as `machine-limit-reached`.",
    files: { 304: { description: "It has not changed since the `ETag` in `If-None-Match`." } },
    refusals: ["NOT_FOUND"],
  }),
  async (c) => {
    const asked = c.req.valid("param").code;
    const code = codeNamed(asked);
    if (code === null) throw new Problem({ code: "NOT_FOUND", detail: "No problem has this code." });
    if (code !== asked) return c.redirect(`/docs/problems/${code}`, 303);
    return publicDocument(c, code, () => problemCodePage(code, c.var.config.PUBLIC_URL));
  },
);
