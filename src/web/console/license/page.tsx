import { isErased, type License } from "../../../domain/licensing/license/record.ts";
import { standingOf } from "../../../domain/licensing/license/status.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type FC, Pager, pathWithQuery, StatusBadge } from "../../page/kit.ts";
import {
  ActLink,
  type ConsoleContext,
  consolePage,
  consoleView,
  DoneNotice,
  DoneQuery,
  may,
  Problem,
  z,
} from "../kit.ts";
import { LICENSE_ACTS } from "./acts.tsx";
import { LicenseFacts, LicensePayment } from "./facts.tsx";
import { LicenseMachines } from "./machines.tsx";
import { type LicenseStory, readLicenseStory, STORY_KINDS, type StoryKind } from "./story.ts";
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
    return consolePage(c, {
      title: ownerText(story.license),
      main: (
        <>
          <DoneNotice text={DONE.get(done)} edge={edge} />
          <LicenseBody c={c} story={story} kinds={kinds} kind={kind} isLater={before !== null} now={c.var.now} />
        </>
      ),
    });
  },
);

type Props = {
  c: ConsoleContext;
  story: LicenseStory;
  /** The kinds of entries that the admin may see. */
  kinds: readonly StoryKind[];
  /** The kind that the timeline is filtered by; null: all kinds. */
  kind: StoryKind | null;
  /** Whether this is not the first page of the timeline. */
  isLater: boolean;
  now: UnixSeconds;
};

/** The page of a license: its status, acts, machines, payment and timeline. */
const LicenseBody: FC<Props> = ({ c, story, kinds, kind, isLater, now }) => {
  const { license } = story;
  const standing = standingOf(license, now);
  return (
    <>
      <h1>
        <OwnerName license={license} />
      </h1>
      <p class="row">
        <StatusBadge {...STATUS_WORDS[standing.status]} />
        <span>{sentenceOf(standing, license)}</span>
      </p>
      {license.livemode ? null : <p class="quiet">A test license: no real money was paid.</p>}
      {may(c, "licenses:write") ? <Acts license={license} isOwner={c.var.admin.scopes.includes("owner")} /> : null}
      <LicenseFacts story={story} />
      <LicenseMachines story={story} mayWrite={may(c, "licenses:write")} now={now} />
      <LicensePayment story={story} />
      <section aria-labelledby="story">
        <h2 id="story">Timeline</h2>
        <Kinds id={license.id} kinds={kinds} kind={kind} />
        <StoryTimeline story={story} />
        <Pager
          path={(before) => storyPath(license.id, kind, before)}
          isLater={isLater}
          next={story.next === null ? null : String(story.next)}
        />
      </section>
    </>
  );
};

/** The address of a timeline, filtered by kind, with entries before a time. */
const storyPath = (id: string, kind: StoryKind | null, before?: string): string =>
  `${pathWithQuery(licensePath(id), { kind, before })}#story`;

const Kinds: FC<Pick<Props, "kinds" | "kind"> & { id: string }> = ({ id, kinds, kind }) => (
  <nav class="row" aria-label="Kinds of entries">
    {[null, ...kinds].map((one) => (
      <a href={storyPath(id, one)} aria-current={one === kind ? "true" : undefined}>
        {one === null ? "Everything" : KIND_WORDS[one].all}
      </a>
    ))}
  </nav>
);

const Acts: FC<{ license: License; isOwner: boolean }> = ({ license, isOwner }) => {
  const path = licensePath(license.id);
  const isKnown = !isErased(license);
  return (
    <nav class="row acts" aria-label="Acts">
      {LICENSE_ACTS.filter(({ isOffered }) => isKnown && isOffered(license, isOwner)).map(({ name, link }) => (
        <ActLink href={`${path}/${name}`} ends={name === "revoke"}>
          {link}
        </ActLink>
      ))}
      {license.checkout_session_id === null ? null : (
        <ActLink href={`${path}/refund`} ends>
          Refund and revoke
        </ActLink>
      )}
      {isOwner && isKnown ? (
        <ActLink href={`${path}/erase`} ends>
          Erase the owner's data
        </ActLink>
      ) : null}
    </nav>
  );
};
