import type { License } from "../../../domain/licensing/license/record.ts";
import { seatedMachines } from "../../../domain/licensing/license/seats.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import type { PaymentRow } from "../../../domain/money/payment.ts";
import type { PlanOffer } from "../../../domain/purchase/prices.ts";
import { premiumFamilies } from "../../../domain/workers/families.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { PROBLEMS, waitHeaders } from "../../../platform/http/problem.ts";
import {
  type Child,
  DataTable,
  Facts,
  type FC,
  Meter,
  Notice,
  Section,
  Stat,
  StatusBadge,
  Time,
} from "../../page/kit.ts";
import { AccountEnd, accountPage } from "../frame.tsx";
import type { StandingWords } from "../standing-words.tsx";
import type { Download } from "../store.ts";
import { BillingSection } from "./billing.tsx";
import { type KeyContent, KeySection } from "./key-section.tsx";
import { type LeaseFault, LeaseSection } from "./lease-section.tsx";
import { MachineSection } from "./machines.tsx";
import { nextCharge, priceText } from "./price.ts";
import { UpgradeSection } from "./upgrade-section.tsx";

/** The confirmations of acts, by their name in the URL. */
const NEWS: ReadonlyMap<string | undefined, string> = new Map([
  ["freed", "The seat is free. The machine can no longer download premium workers."],
  ["leased", "The machine can no longer download premium workers. Its seat becomes free when its offline lease ends."],
]);

export type LicensePageContent = KeyContent & {
  license: License;
  words: StandingWords;
  /** Null: the statistics are down. */
  downloads: Download[] | null;
  /** Newest first. */
  payments: readonly PaymentRow[];
  /** The plans on sale, for an upgrade. */
  offers: readonly PlanOffer[];
  /** The name of the act to confirm. Any other text is ignored. */
  done?: string | undefined;
  leaseFault?: LeaseFault;
  supportEmail: string;
  now: UnixSeconds;
  formTargets: readonly string[];
};

/** The page of a license: its standing, key, machines, downloads and billing. */
export const licensePage = (content: LicensePageContent): Promise<Response> =>
  accountPage({
    visitor: content.visitor,
    wide: true,
    title: planName(content.license.plan),
    status: content.leaseFault ? PROBLEMS[content.leaseFault.refusal.code].status : 200,
    headers: content.leaseFault ? waitHeaders(content.leaseFault.refusal) : {},
    formTargets: content.formTargets,
    main: <LicenseMain {...content} />,
  });

const LicenseMain: FC<LicensePageContent> = (content) => {
  const { license, words, downloads, payments, visitor, now } = content;
  const news = NEWS.get(content.done);
  const csrf = visitor.csrfToken;
  return (
    <>
      <div class="row">
        <h1>{planName(license.plan)}</h1>
        <StatusBadge tone={words.tone}>{words.label}</StatusBadge>
      </div>
      {news === undefined ? null : <Notice tone="good">{news}</Notice>}
      <Notice tone={words.tone}>
        <p>{words.says}</p>
        {words.todo ? <p>{words.todo}</p> : null}
      </Notice>
      <div class="grid-3">
        <Stat
          label="Price"
          value={priceText(license)}
          hint={license.price_interval === null ? null : "plus tax where it applies"}
        />
        <NextChargeStat license={license} />
        <div class="stat">
          <Meter label="Machines" value={seatedMachines(license, now).length} max={license.machine_limit} />
          <p class="hint">
            <a href="#machines">See your machines</a>
          </p>
        </div>
      </div>
      <KeySection {...content} />
      <MachineSection license={license} now={now} />
      <LeaseSection
        license={license}
        csrf={csrf}
        now={now}
        {...(content.leaseFault && { fault: content.leaseFault })}
      />
      <BillingSection license={license} payments={payments} csrf={csrf} />
      <UpgradeSection license={license} offers={content.offers} csrf={csrf} now={now} />
      <DownloadSection downloads={downloads} />
      <Section title="About this license" id="about" sided>
        <Facts
          facts={[
            ["Workers", openedWorkers(license)],
            ["Versions", versionsFact(license)],
            ["Since", <Time at={license.created_at} />],
            ["License", <code>{license.id}</code>],
          ]}
        />
      </Section>
      <HelpSection email={content.supportEmail} />
      <AccountEnd visitor={visitor} />
    </>
  );
};

const NextChargeStat: FC<{ license: License }> = ({ license }) => {
  const next = nextCharge(license);
  if (next === null) return <Stat label="Next charge" value="None" />;
  if (next.at === null) return <Stat label="Next charge" value="None" hint="Nothing more will be charged" />;
  return (
    <Stat
      label="Next charge"
      value={next.amount}
      hint={
        <>
          on <Time at={next.at} />
        </>
      }
    />
  );
};

const HelpSection: FC<{ email: string }> = ({ email }) => (
  <Section title="Help" id="help" sided>
    <ul>
      <li>
        Questions? <a href={`mailto:${email}`}>{email}</a>
      </li>
      <li>
        <a href="/guides">Guides</a>: activate machines, work offline, use a hive
      </li>
      <li>
        <a href="/install">Ways to install</a> a worker
      </li>
    </ul>
  </Section>
);

/** The workers that a license opens, in words. A license from before a family was sold does not open that family. */
function openedWorkers({ entitlements }: Pick<License, "entitlements">): string {
  const families = premiumFamilies.filter(({ id }) => entitlements.includes(`${id}-*`));
  if (families.length === premiumFamilies.length) return "every premium worker";
  const others = entitlements.filter((pattern) => !families.some(({ id }) => pattern === `${id}-*`));
  return [...families.map(({ name }) => `every ${name}`), ...others].join(", ");
}

/** A semver range in words, if it is `*` or one upper bound; else the range. */
const versionsName = (range: string): string =>
  range === "*" ? "all" : range.replace(/^<(\d+\.\d+\.\d+)$/, "all before $1");

const versionsFact = ({ versions, updates_until }: License): Child =>
  updates_until === null ? (
    versionsName(versions)
  ) : (
    <>
      {versionsName(versions)}, published until <Time at={updates_until} />
    </>
  );

const DownloadSection: FC<{ downloads: Download[] | null }> = ({ downloads }) => (
  <Section title="Downloads" sided>
    <DataTable
      caption="The latest downloads with this license"
      quiet
      columns={[
        { header: "Worker", cell: ({ worker_id }) => worker_id },
        { header: "Version", cell: ({ version }) => version },
        { header: "Platform", cell: ({ platform }) => platform },
        { header: "Machine", cell: ({ machine }) => machine ?? "Unnamed machine" },
        { header: "When", cell: ({ at }) => <Time at={at} clock /> },
      ]}
      rows={downloads ?? []}
      empty={
        downloads === null ? (
          "The list of downloads is not available at the moment. Downloads themselves work."
        ) : (
          <>
            No downloads with this license yet. <a href="/?tier=premium">See the premium workers</a>.
          </>
        )
      }
    />
  </Section>
);
