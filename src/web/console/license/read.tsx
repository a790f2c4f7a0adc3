import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { currentTime } from "../../../lib/time.ts";
import { createRoute, Problem, z } from "../../../platform/http/route.ts";
import { pageDocs } from "../../page/kit.ts";
import { DoneNotice, DoneQuery } from "../act/kit.ts";
import { behind, CONSOLE_REFUSALS, consolePage, createConsoleRouter, may } from "../frame.tsx";
import { LICENSE_ACTS } from "./acts.tsx";
import { LicenseBody } from "./page.tsx";
import { readLicenseStory } from "./story.ts";
import { STORY_KINDS } from "./story-entry.ts";
import { ownerText } from "./words.tsx";

/** How many entries of its story a license's page shows at once. */
const ENTRIES = 40;

const route = createRoute({
  method: "get",
  path: "/admin/licenses/{id}",
  ...behind("licenses:read"),
  request: {
    params: LicenseParams,
    query: DoneQuery.extend({
      kind: z.enum(STORY_KINDS).optional().openapi({ description: "Only this of its story." }),
      before: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .openapi({ description: "Only what was before this second.", example: 1795435200 }),
    }),
  },
  ...pageDocs({
    summary: "Show the whole story of a license",
    answers: { 200: "Its facts, machines, payment, and what happened: newest first." },
    refusals: [...CONSOLE_REFUSALS, "LICENSE_NOT_FOUND", "VALIDATION_FAILED"],
  }),
});

/** What is said after an act that has led here. */
const DONE: ReadonlyMap<string | undefined, string> = new Map([
  ...LICENSE_ACTS.map(({ name, done }) => [name, done] as const),
  ["erase", "The owner's data is erased, and every license of theirs has ended."],
  ["remove", "The machine's seat is freed, as far as no lease keeps it."],
]);

export const licenseRead = createConsoleRouter();

licenseRead.openapi(route, async (c) => {
  const { kind = null, before = null, done, edge } = c.req.valid("query");
  const now = currentTime();
  // The entries of the audit trail are for who may read it, here as there.
  const kinds = STORY_KINDS.filter((one) => one !== "act" || may(c, "audit:read"));
  if (kind !== null && !kinds.includes(kind)) {
    throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "This needs the scope audit:read." });
  }
  const part = { kinds: kind === null ? kinds : [kind], limit: ENTRIES, before };
  const story = await readLicenseStory(c.env.DB, c.req.valid("param").id, part, now);
  if (!story) throw new Problem({ code: "LICENSE_NOT_FOUND", detail: "There is no license with this id." });
  return consolePage(c, {
    title: ownerText(story.license),
    main: (
      <>
        <DoneNotice text={DONE.get(done)} edge={edge} />
        <LicenseBody c={c} story={story} kinds={kinds} kind={kind} isLater={before !== null} now={now} />
      </>
    ),
  });
});
