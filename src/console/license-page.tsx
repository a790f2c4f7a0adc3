import type { Child, FC } from "hono/jsx";
import { activeMachines, type License, type MachineRow } from "../licensing/license-record.ts";
import { endOf, standingOf } from "../licensing/license-status.ts";
import { DataTable } from "../page/data-table.tsx";
import { Pager } from "../page/pager.tsx";
import { formatCount } from "../page/quantity.ts";
import { StatusBadge } from "../page/status-badge.tsx";
import { Time } from "../page/time.tsx";
import type { UnixSeconds } from "../time.ts";
import { type ConsoleContext, may } from "./console-page.tsx";
import { counted } from "./counted.ts";
import { LICENSE_ACTS } from "./license-acts.tsx";
import type { LicenseStory } from "./license-story.ts";
import { STATUS_WORDS, sentenceOf } from "./license-words.ts";
import { STORY_KINDS, type StoryKind } from "./story-entry.ts";
import { KIND_WORDS, StoryTimeline } from "./story-timeline.tsx";
import { stripeLink } from "./stripe-dashboard.ts";

/** The page of one license. */
export const licensePath = (id: string): string => `/admin/licenses/${encodeURIComponent(id)}`;

type Props = {
  c: ConsoleContext;
  story: LicenseStory;
  /** The kind of entries that the timeline is narrowed to; null: all. */
  kind: StoryKind | null;
  /** Whether this is a later part of the timeline. */
  isLater: boolean;
  now: UnixSeconds;
};

/** All that is known of a license: how it stands, what can be done, its machines, its payment, and what happened. */
export const LicenseBody: FC<Props> = ({ c, story, kind, isLater, now }) => {
  const { license } = story;
  const standing = standingOf(license, now);
  const { text, tone } = STATUS_WORDS[standing.status];
  return (
    <>
      <h1>
        <MailName email={license.email} />
      </h1>
      <p class="row">
        <StatusBadge tone={tone}>{text}</StatusBadge>
        <span>{sentenceOf(standing, license)}</span>
      </p>
      {license.livemode ? null : <p class="quiet">Of a development or test system: not paid with real money.</p>}
      {may(c, "licenses:write") ? <Acts story={story} isOwner={c.var.admin.scopes.includes("owner")} /> : null}
      <Facts story={story} />
      <Machines story={story} mayWrite={may(c, "licenses:write")} now={now} />
      <Payment story={story} />
      <section aria-labelledby="story">
        <h2 id="story">What happened</h2>
        <Kinds id={license.id} kind={kind} />
        <StoryTimeline story={story} linked={may(c, "audit:read")} />
        <Pager
          first={isLater ? storyPath(license.id, kind) : null}
          next={story.next === null ? null : storyPath(license.id, kind, story.next)}
        />
      </section>
    </>
  );
};

/** A mail address that breaks before its `@`, if it must. */
const MailName: FC<{ email: string }> = ({ email }) => {
  const at = email.lastIndexOf("@");
  return (
    <>
      {email.slice(0, at)}
      <wbr />
      {email.slice(at)}
    </>
  );
};

/** The timeline of a license, narrowed to a kind and to what was before a time. */
function storyPath(id: string, kind: StoryKind | null, before?: UnixSeconds): string {
  const query = new URLSearchParams({ ...(kind && { kind }), ...(before !== undefined && { before: String(before) }) });
  return `${licensePath(id)}${query.size > 0 ? `?${query}` : ""}#story`;
}

const Kinds: FC<{ id: string; kind: StoryKind | null }> = ({ id, kind }) => (
  <nav class="row" aria-label="Kinds of entries">
    {[null, ...STORY_KINDS].map((one) => (
      <a href={storyPath(id, one)} aria-current={one === kind ? "true" : undefined}>
        {one === null ? "Everything" : KIND_WORDS[one].all}
      </a>
    ))}
  </nav>
);

const Acts: FC<{ story: LicenseStory; isOwner: boolean }> = ({ story, isOwner }) => (
  <nav class="row acts" aria-label="What can be done">
    {LICENSE_ACTS.filter(({ isOffered }) => isOffered(story.license, isOwner)).map(({ name, link }) => (
      <a class="button secondary" href={`${licensePath(story.license.id)}/${name}`}>
        {link}
      </a>
    ))}
    {story.license.checkout_session_id === null ? null : (
      <a class="button secondary" href={`${licensePath(story.license.id)}/refund`}>
        Refund and revoke
      </a>
    )}
  </nav>
);

const Facts: FC<{ story: LicenseStory }> = ({ story: { license } }) => {
  const end = endOf(license);
  const updates = license.updates_until;
  return (
    <dl>
      <Fact name="License">
        <code>{license.id}</code>
      </Fact>
      <Fact name="Plan">{license.plan}</Fact>
      <Fact name="Opens">
        {license.entitlements.join(", ")}, versions {license.versions}
        {updates === null ? null : (
          <>
            , published until <Time at={updates} />
          </>
        )}
      </Fact>
      <Fact name="Since">
        <Time at={license.created_at} clock />
      </Fact>
      <Fact name="Paid or granted until">
        {end === null ? "for good" : <Time at={end} clock />}
        {license.extended_until === null ? null : " (extended by an admin)"}
      </Fact>
      <Fact name="Key">
        {license.generation === 0 ? "the first one" : `rotated ${counted(license.generation, "time")}`}; longest offline
        lease {counted(license.offline_days, "day")}
      </Fact>
      {license.note === null ? null : <Fact name="Note">{license.note}</Fact>}
    </dl>
  );
};

const Fact: FC<{ name: string; children?: Child }> = ({ name, children }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

const Machines: FC<{ story: LicenseStory; mayWrite: boolean; now: UnixSeconds }> = ({ story, mayWrite, now }) => {
  const { license, usage } = story;
  return (
    <section aria-labelledby="machines">
      <h2 id="machines">
        Machines: {formatCount(activeMachines(license).length)} of {formatCount(license.machine_limit)} active
      </h2>
      <DataTable
        caption="Machines"
        quiet
        columns={[
          "Name",
          "State",
          "Platform",
          "Activated",
          "Last seen",
          "Downloads in 30 days",
          ...(mayWrite ? ["Seat"] : []),
        ]}
        numeric={["Downloads in 30 days"]}
        rows={license.machines.map((machine) => [
          machine.name ?? <code>{machine.id}</code>,
          <MachineState machine={machine} now={now} />,
          machine.platform ?? "unknown",
          <Time at={machine.activated_at} />,
          <Time at={machine.last_seen_at} />,
          formatCount(usage.get(machine.fingerprint_hash)?.downloads ?? 0),
          ...(mayWrite ? [<SeatLink license={license} machine={machine} now={now} />] : []),
        ])}
        empty="No machine has been activated. Its owner does that with the license key."
      />
    </section>
  );
};

const MachineState: FC<{ machine: MachineRow; now: UnixSeconds }> = ({ machine, now }) => (
  <>
    {machine.deactivated_at === null ? (
      <StatusBadge tone="good">Active</StatusBadge>
    ) : (
      <StatusBadge>Deactivated</StatusBadge>
    )}
    {machine.lease_until > now ? (
      <>
        {" "}
        offline lease until <Time at={machine.lease_until} />
      </>
    ) : null}
  </>
);

const SeatLink: FC<{ license: License; machine: MachineRow; now: UnixSeconds }> = ({ license, machine, now }) =>
  machine.deactivated_at === null || machine.lease_until > now ? (
    <a href={`${licensePath(license.id)}/machines/${machine.id}/remove`}>
      Free<span class="unseen"> the seat of {machine.name ?? machine.id}</span>
    </a>
  ) : (
    "free"
  );

const Payment: FC<{ story: LicenseStory }> = ({ story: { license, order, charges } }) => {
  const { livemode, stripe_customer_id, stripe_subscription_id, stripe_payment_intent_id } = license;
  if (license.checkout_session_id === null) {
    return (
      <section>
        <h2>Payment</h2>
        <p>Issued by hand: nothing was paid for it here.</p>
      </section>
    );
  }
  const links: [string, string | null][] = [
    ["Customer", stripe_customer_id],
    ["Subscription", stripe_subscription_id],
    ["Payment", stripe_payment_intent_id],
    ["Checkout", license.checkout_session_id],
  ];
  return (
    <section>
      <h2>Payment</h2>
      <dl>
        {links.map(([name, id]) =>
          id === null ? null : (
            <Fact name={name}>
              <a href={stripeLink(id, livemode)}>{id}</a>
            </Fact>
          ),
        )}
        {order === null ? null : (
          <Fact name="Order">
            {order.plan} on {counted(order.machines, "machine")}, {order.state}, begun{" "}
            <Time at={order.created_at} clock />
          </Fact>
        )}
        <Fact name="State">
          subscription {license.subscription_state.replace("_", " ")}, refunded {license.refund_state}, dispute{" "}
          {license.dispute_state}
        </Fact>
        {charges.map((charge) => (
          <Fact name="Charge">
            <a href={stripeLink(charge.charge_id, livemode)}>{charge.charge_id}</a>: refunded {charge.refund_state},
            dispute {charge.dispute_state}
          </Fact>
        ))}
      </dl>
    </section>
  );
};
