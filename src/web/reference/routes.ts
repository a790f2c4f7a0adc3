import { once } from "../../lib/isolate.ts";
import type { Config } from "../../platform/config/config.ts";
import {
  type AppEnv,
  combine,
  createRouter,
  documentRoute,
  type OpenAPIHono,
  Problem,
  unlessEmpty,
  z,
} from "../../platform/http/route.ts";
import { pageRoute, styleSheet } from "../page/kit.ts";
import { apiDescription } from "./description.ts";
import { groupPage, objectsPage } from "./group-page.tsx";
import { indexPage, searchPage } from "./index-page.tsx";
import { REFERENCE_STYLE_PATH } from "./layout.tsx";
import { publicDocument } from "./public-document.ts";
import style from "./reference.css";
import { LANGUAGE_NAMES } from "./samples/language.ts";

const STYLE = styleSheet([style]);

const DescriptionSchema = z
  .object({ openapi: z.string() })
  .loose()
  .openapi({ example: { openapi: "3.1.0" } });

const UNCHANGED = { 304: { description: "It has not changed since the `ETag` in `If-None-Match`." } };

const IndexQuery = z.object({
  q: unlessEmpty(z.string().trim().max(60).optional()).openapi({
    type: "string",
    description: "Words that the operations are filtered by.",
    example: "license",
  }),
});

const GroupParams = z.object({
  group: z.string().openapi({ description: "The name of a group in the address.", example: "licensing" }),
});

const GroupQuery = z.object({
  lang: z.enum(LANGUAGE_NAMES).default("curl").openapi({ description: "The language of the samples." }),
});

/** The routes of the API's description and of the reference's pages, which describe every route of `app`. */
export const referenceRoutes = (app: OpenAPIHono<AppEnv>): OpenAPIHono<AppEnv> => {
  const descriptionOf = once(({ PUBLIC_URL }: Config) => apiDescription(app, PUBLIC_URL));
  const files = combine(
    documentRoute(
      "/openapi.json",
      {
        tag: "Service",
        summary: "Describe this API",
        description: "An OpenAPI 3.1 document, made from the schemas that validate requests.",
        content: "The document.",
        type: "application/json",
        example: DescriptionSchema,
      },
      (config) => JSON.stringify(descriptionOf(config)),
    ),
    documentRoute(
      REFERENCE_STYLE_PATH,
      {
        tag: "Pages",
        summary: "Style this reference",
        content: "The style sheet of the reference's own parts.",
        type: "text/css",
        example: ".docs { display: grid }",
      },
      () => STYLE,
    ),
  );
  const pages = createRouter();
  pages.openapi(
    pageRoute("get", "/docs", {
      request: { query: IndexQuery },
      summary: "Read this reference",
      description:
        "The rules of all operations, and every operation by its group. With `q`, the operations that match.",
      answers: { 200: "The page." },
      files: UNCHANGED,
    }),
    async (c) => {
      const { q } = c.req.valid("query");
      const { config } = c.var;
      const document = descriptionOf(config);
      if (q !== undefined) return searchPage(document, q, config.PUBLIC_URL);
      return publicDocument(c, "index", () => indexPage(document, config.PUBLIC_URL));
    },
  );
  pages.openapi(
    pageRoute("get", "/docs/{group}", {
      request: { params: GroupParams, query: GroupQuery },
      summary: "Read a group of this reference",
      description: "The operations of a group: parameters, bodies, answers, and a sample call in one language.",
      answers: { 200: "The page." },
      files: UNCHANGED,
      refusals: ["NOT_FOUND"],
    }),
    async (c) => {
      const { group } = c.req.valid("param");
      const { lang } = c.req.valid("query");
      const { config } = c.var;
      return publicDocument(c, `${group} ${lang}`, async () => {
        const made = groupPage(descriptionOf(config), group, lang, config.PUBLIC_URL);
        if (made === null) throw new Problem({ code: "NOT_FOUND", detail: "The reference has no such group." });
        return made;
      });
    },
  );
  pages.openapi(
    pageRoute("get", "/docs/{group}/objects", {
      request: { params: GroupParams },
      summary: "Read the objects of a group of this reference",
      answers: { 200: "The page." },
      files: UNCHANGED,
      refusals: ["NOT_FOUND"],
    }),
    async (c) => {
      const { group } = c.req.valid("param");
      const { config } = c.var;
      return publicDocument(c, `${group} objects`, async () => {
        const made = objectsPage(descriptionOf(config), group, config.PUBLIC_URL);
        if (made === null) throw new Problem({ code: "NOT_FOUND", detail: "The reference has no such page." });
        return made;
      });
    },
  );
  return combine(files, pages);
};
