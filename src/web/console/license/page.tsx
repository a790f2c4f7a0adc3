import { endOf, isErased, type License, standingOf } from "../../../domain/licensing/license/record.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import { counted, Facts, type FC, Notice, Pager, pathWithQuery, StatusBadge, Time } from "../../page/kit.ts";
import { readNames } from "../audit/names.ts";
import { Acts, type ConsoleContext, consolePage, consoleView, DoneNotice, DoneQuery, may, Problem, z } from "../kit.ts";
import { LICENSE_ACTS } from "./acts.tsx";
import { LicenseMachines } from "./machines.tsx";
import { LicensePayment } from "./payment.tsx";
import { type LicenseStory, readLicenseStory, STORY_KINDS, type StoryKind } from "./story.ts";
import { KIND_WORDS, StoryTimeline, textsOf } from "./timeline.tsx";
import { licensePath, OwnerName, ownerText, sentenceOf, statusWords } from "./words.tsx";

/** The number of story entries on a page. */
const ENTRIES = 40;

/** Notices after an act that redirects here. */
const DONE: ReadonlyMap<string | undefined, string> = new Map([
  ...LICENSE_ACTS.map(({ name, done }) => [name, done] as const),
  ["amend", "The license is amended. A new key, if there is one, is being emailed to its owner."],
  ["erase", "The owner's data is erased, and all their licenses are revoked."],
  ["remove", "The machine is deactivated. An offline lease may still keep its seat."],
  ["bar", "The machine is barred from this license."],
  ["unbar", "The bar is lifted. The machine can be activated again."],
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
    const story = await readLicenseStory(c.env, id, part, c.var.now);
    if (!story) throw new Problem({ code: "LICENSE_NOT_FOUND", detail: "There is no license with this id." });
    const { license } = story;
    const names = await readNames(c, textsOf(story));
    const standing = standingOf(license, c.var.now);
    const mayWrite = may(c, "licenses:write");
    const acts = actsOn(c, license);
    return consolePage(c, {
      title: ownerText(license),
      main: (
        <>
          <DoneNotice text={DONE.get(done)} edge={edge} />
          <h1>
            <OwnerName license={license} />
          </h1>
          <p class="row">
            <StatusBadge {...statusWords(standing, license)} />
            <span>{sentenceOf(standing, license)}</span>
          </p>
          {license.livemode ? null : <p class="quiet">A test license: no real money was paid.</p>}
          {acts.length > 0 ? <Acts path={licensePath(id)} acts={acts} /> : null}
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
            {story.usage === null ? (
              <Notice tone="careful">The statistics do not answer, so downloads are missing here.</Notice>
            ) : null}
            <StoryTimeline story={story} names={names} />
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

/** The acts that the admin may carry out on a license. */
function actsOn(c: ConsoleContext, license: License) {
  const isOwner = may(c, "owner");
  const isKnown = !isErased(license);
  const isBought = license.checkout_session_id !== null;
  return [
    ...LICENSE_ACTS.filter(({ isOffered }) => may(c, "licenses:write") && isKnown && isOffered(license, isOwner)),
    ...(isKnown && may(c, "licenses:issue") ? [{ name: "amend", link: "Amend", ends: false }] : []),
    ...(isBought && may(c, "money:refund") ? [{ name: "refund", link: "Refund and revoke", ends: true }] : []),
    ...(isOwner && isKnown ? [{ name: "erase", link: "Erase the owner's data", ends: true }] : []),
  ];
}

type Part = { story: LicenseStory };

/** The grant of a license, and its start and end. */
const LicenseFacts: FC<Part> = ({ story: { license } }) => {
  const end = endOf(license);
  const updates = license.updates_until;
  const grant = `${license.entitlements.join(", ")}, versions ${license.versions}`;
  const key = `generation ${license.generation + 1}`;
  return (
    <Facts
      facts={[
        ["License", <code>{license.id}</code>],
        ["Plan", planName(license.plan)],
        ["Grants", updates === null ? grant : [`${grant}, published until `, <Time at={updates} />]],
        ["Machines", machinesText(license)],
        ["Since", <Time at={license.created_at} clock />],
        [
          "Paid or granted until",
          [
            end === null ? "forever" : <Time at={end} clock />,
            license.extended_until === null ? "" : " (extended by an admin)",
          ],
        ],
        ["Key", `${key} · Offline lease: up to ${counted(license.offline_days, "day")}`],
        ["Note", license.note],
      ]}
    />
  );
};

/** The machine limit, and the part of it that is paid for if an admin has granted more. */
function machinesText({ machine_limit, machine_limit_paid: paid }: License): string {
  const limit = `up to ${machine_limit}`;
  return paid === null || paid >= machine_limit ? limit : `${limit}: ${paid} paid for, the others granted by an admin`;
}
