import { isErased } from "../../../domain/licensing/license/record.ts";
import { standingOf } from "../../../domain/licensing/license/status.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type FC, Pager, pathWithQuery, StatusBadge } from "../../page/kit.ts";
import { ActLink } from "../act/kit.ts";
import { type ConsoleContext, may } from "../frame.tsx";
import { LICENSE_ACTS } from "./acts.tsx";
import { LicenseFacts, LicensePayment } from "./facts.tsx";
import { LicenseMachines } from "./machines.tsx";
import type { LicenseStory } from "./story.ts";
import type { StoryKind } from "./story-entry.ts";
import { KIND_WORDS, StoryTimeline } from "./timeline.tsx";
import { licensePath, OwnerName, STATUS_WORDS, sentenceOf } from "./words.tsx";

type Props = {
  c: ConsoleContext;
  story: LicenseStory;
  /** The kinds of entries that the visitor may see. */
  kinds: readonly StoryKind[];
  /** The kind that the timeline is narrowed to; null: all of them. */
  kind: StoryKind | null;
  /** Whether this is a later part of the timeline. */
  isLater: boolean;
  now: UnixSeconds;
};

/** All that is known of a license: how it stands, what can be done, its machines, its payment, and what happened. */
export const LicenseBody: FC<Props> = ({ c, story, kinds, kind, isLater, now }) => {
  const { license } = story;
  const standing = standingOf(license, now);
  const { text, tone } = STATUS_WORDS[standing.status];
  return (
    <>
      <h1>
        <OwnerName license={license} />
      </h1>
      <p class="row">
        <StatusBadge tone={tone}>{text}</StatusBadge>
        <span>{sentenceOf(standing, license)}</span>
      </p>
      {license.livemode ? null : <p class="quiet">Of a development or test system: not paid with real money.</p>}
      {may(c, "licenses:write") ? <Acts story={story} isOwner={c.var.admin.scopes.includes("owner")} /> : null}
      <LicenseFacts story={story} />
      <LicenseMachines story={story} mayWrite={may(c, "licenses:write")} now={now} />
      <LicensePayment story={story} />
      <section aria-labelledby="story">
        <h2 id="story">What happened</h2>
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

/** The timeline of a license, narrowed to a kind and to what was before a time. */
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

const Acts: FC<{ story: LicenseStory; isOwner: boolean }> = ({ story, isOwner }) => (
  <nav class="row acts" aria-label="What can be done">
    {isErased(story.license)
      ? null
      : LICENSE_ACTS.filter(({ isOffered }) => isOffered(story.license, isOwner)).map(({ name, link }) => (
          <ActLink href={`${licensePath(story.license.id)}/${name}`} ends={name === "revoke"}>
            {link}
          </ActLink>
        ))}
    {story.license.checkout_session_id === null ? null : (
      <ActLink href={`${licensePath(story.license.id)}/refund`} ends>
        Refund and revoke
      </ActLink>
    )}
    {isOwner && !isErased(story.license) ? (
      <ActLink href={`${licensePath(story.license.id)}/erase`} ends>
        Erase the owner's data
      </ActLink>
    ) : null}
  </nav>
);
