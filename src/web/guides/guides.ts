/** The origin of the catalog in the guides' commands and links. Pages show the deployment's own. */
export const SAMPLE_ORIGIN = "https://catalog.rbee.dev";

/** The audiences of guides, in the order of the index. */
const AUDIENCES = ["Use workers", "Build on the catalog", "Sell and run"] as const;
type Audience = (typeof AUDIENCES)[number];

/** A guide without its text, which is `docs/guides/{slug}.md`. `label` is its short name in the navigation. */
export type GuideEntry = { slug: string; label: string; audience: Audience };

/** Every guide, in the order of reading. A new guide is its text, a line here and a line in `texts.ts`. */
export const GUIDES = [
  { slug: "five-minutes", label: "Five minutes", audience: "Use workers" },
  { slug: "buying-and-activating", label: "Buying and activating", audience: "Use workers" },
  { slug: "offline-machines", label: "Machines without a network", audience: "Use workers" },
  { slug: "integrating-a-hive", label: "Integrating a hive", audience: "Build on the catalog" },
  { slug: "publishing-from-ci", label: "Publishing from CI", audience: "Build on the catalog" },
  { slug: "moving-in", label: "Moving from another shop", audience: "Sell and run" },
  { slug: "running-your-own", label: "Running your own", audience: "Sell and run" },
] as const satisfies readonly GuideEntry[];

export type GuideSlug = (typeof GUIDES)[number]["slug"];

/** The path of a guide's page. */
export const guidePath = (slug: string): string => `/guides/${slug}`;

/** The guides of each audience that has any, in order. */
export const guidesByAudience = (): { audience: Audience; guides: GuideEntry[] }[] =>
  AUDIENCES.map((audience) => ({ audience, guides: GUIDES.filter((guide) => guide.audience === audience) })).filter(
    ({ guides }) => guides.length > 0,
  );
