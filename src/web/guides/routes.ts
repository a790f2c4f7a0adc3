import { onceResolved } from "../../lib/isolate.ts";
import type { Config } from "../../platform/config/config.ts";
import { createRouter, Problem, z } from "../../platform/http/route.ts";
import { pageRoute } from "../page/kit.ts";
import { GUIDES } from "./guides.ts";
import { type RenderedGuide, renderGuide } from "./markdown.ts";
import { guideIndexPage, guidePage } from "./page.tsx";
import { GUIDE_TEXTS } from "./texts.ts";

/** Every guide by its slug, rendered at the first request of an isolate. */
const rendered = onceResolved(
  async ({ PUBLIC_URL }: Config): Promise<ReadonlyMap<string, RenderedGuide>> =>
    new Map(GUIDES.map(({ slug }) => [slug, renderGuide(GUIDE_TEXTS[slug], PUBLIC_URL)])),
);

/** `GET /guides` and `/guides/{slug}`. */
export const guideRoutes = createRouter();

guideRoutes.openapi(
  pageRoute("get", "/guides", {
    summary: "Choose a guide",
    answers: { 200: "The guides, each with its summary." },
  }),
  async (c) => guideIndexPage(await rendered(c.var.config), c.var.config.PUBLIC_URL),
);

guideRoutes.openapi(
  pageRoute("get", "/guides/{slug}", {
    request: {
      params: z.object({
        slug: z.string().openapi({ param: { description: "The guide's name." }, example: "five-minutes" }),
      }),
    },
    summary: "Read a guide",
    answers: { 200: "The guide." },
    refusals: ["NOT_FOUND"],
  }),
  async (c) => {
    const { slug } = c.req.valid("param");
    const guide = (await rendered(c.var.config)).get(slug);
    if (!guide) throw new Problem({ code: "NOT_FOUND", detail: "We have no guide with this name." });
    return guidePage(slug, guide, c.var.config.PUBLIC_URL);
  },
);
