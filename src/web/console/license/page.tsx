import { isErased, type License } from "../../../domain/licensing/license/record.ts";
import { standingOf } from "../../../domain/licensing/license/status.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { Pager, pathWithQuery, StatusBadge } from "../../page/kit.ts";
import { Acts, consolePage, consoleView, DoneNotice, DoneQuery, may, Problem, z } from "../kit.ts";
import { LICENSE_ACTS } from "./acts.tsx";
import { LicenseFacts, LicensePayment } from "./facts.tsx";
import { LicenseMachines } from "./machines.tsx";
import { readLicenseStory, STORY_KINDS, type StoryKind } from "./story.ts";
import { KIND_WORDS, StoryTimeline } from "./timeline.tsx";
import { licensePath, OwnerName, ownerText, STATUS_WORDS, sentenceOf } from "./words.tsx";

/** The number of story entries on a page. */
const ENTRIES = 40;

/** Notices after an act that redirects here. */
const DONE: ReadonlyMap<string | undefined, string> = new Map([
  ...LICENSE_ACTS.map(({ name, done }) => [name, done] as const),
  ["erase", "The owner's data is erased, and all their licenses are revoked."],
  ["remove", "The machine is deactivated. An offline lease may still keep its seat."],
]);

export const licenseRead = consoleView(
  "/admin/licenses/{id}",
  {
    scope: "licenses:read",
    params: LicenseParams,
    query: DoneQuery.extend({
      kind: z.enum(STORY_KINDS).optional().openapi({ description: "Only entries of this kind." }),
      before: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .openapi({ description: "Only entries before this second.", example: 1795435200 }),
    }),
    summary: "Show all data and the timeline of a license",
    answers: { 200: "Its facts, machines, payment and timeline, newest entry first." },
    refusals: ["LICENSE_NOT_FOUND"],
  },
  async (c, { id, kind = null, before = null, done, edge }) => {
    // Entries of the audit trail need the same scope here as on the audit page.
    const kinds = STORY_KINDS.filter((one) => one !== "act" || may(c, "audit:read"));
    if (kind !== null && !kinds.includes(kind)) {
      throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "This needs the scope audit:read." });
    }
    const part = { kinds: kind === null ? kinds : [kind], limit: ENTRIES, before };
    const story = await readLicenseStory(c.env.DB, id, part, c.var.now);
    if (!story) throw new Problem({ code: "LICENSE_NOT_FOUND", detail: "There is no license with this id." });
    const { license } = story;
    const standing = standingOf(license, c.var.now);
    const mayWrite = may(c, "licenses:write");
    return consolePage(c, {
      title: ownerText(license),
      main: (
        <>
          <DoneNotice text={DONE.get(done)} edge={edge} />
          <h1>
            <OwnerName license={license} />
          </h1>
          <p class="row">
            <StatusBadge {...STATUS_WORDS[standing.status]} />
            <span>{sentenceOf(standing, license)}</span>
          </p>
          {license.livemode ? null : <p class="quiet">A test license: no real money was paid.</p>}
          {mayWrite ? <Acts path={licensePath(id)} acts={actsOn(license, may(c, "owner"))} /> : null}
          <LicenseFacts story={story} />
          <LicenseMachines story={story} mayWrite={mayWrite} now={c.var.now} />
          <LicensePayment story={story} />
          <section aria-labelledby="story">
            <h2 id="story">Timeline</h2>
            <nav class="row" aria-label="Kinds of entries">
              {[null, ...kinds].map((one) => (
                <a href={storyPath(id, one)} aria-current={one === kind ? "true" : undefined}>
                  {one === null ? "Everything" : `${KIND_WORDS[one]}s`}
                </a>
              ))}
            </nav>
            <StoryTimeline story={story} />
            <Pager
              path={(before) => storyPath(id, kind, before)}
              isLater={before !== null}
              next={story.next === null ? null : String(story.next)}
            />
          </section>
        </>
      ),
    });
  },
);

/** The address of a timeline, filtered by kind, with entries before a time. */
const storyPath = (id: string, kind: StoryKind | null, before?: string): string =>
  `${pathWithQuery(licensePath(id), { kind, before })}#story`;

/** The acts to offer on a license. */
function actsOn(license: License, isOwner: boolean) {
  const isKnown = !isErased(license);
  return [
    ...LICENSE_ACTS.filter(({ isOffered }) => isKnown && isOffered(license, isOwner)),
    ...(license.checkout_session_id === null ? [] : [{ name: "refund", link: "Refund and revoke", ends: true }]),
    ...(isOwner && isKnown ? [{ name: "erase", link: "Erase the owner's data", ends: true }] : []),
  ];
}
