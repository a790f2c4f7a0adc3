import { activationCommand } from "../../../domain/licensing/license/key.ts";
import type { License } from "../../../domain/licensing/license/record.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { PROBLEMS, waitHeaders } from "../../../platform/http/problem.ts";
import { CopyBlock, DataTable, type FC, Notice, PostForm, StatusBadge, Time } from "../../page/kit.ts";
import { licensePath } from "../license-path.ts";
import type { Download } from "../recent-downloads.ts";
import type { StandingWords } from "../standing-words.tsx";
import { AccountEnd, accountPage } from "./account-page.tsx";
import { type LeaseFault, LeaseSection } from "./lease-section.tsx";
import { MachineSection } from "./machine-section.tsx";

/** What has just been done, by the name in the address. */
const NEWS: ReadonlyMap<string | undefined, string> = new Map([
  ["freed", "The seat is free. The machine gets no premium downloads any more."],
  ["leased", "The machine gets no premium downloads any more. Its seat comes free when its offline lease ends."],
]);

export type LicensePageContent = {
  license: License;
  words: StandingWords;
  downloads: Download[];
  /** The license key, once it was asked for. */
  licenseKey: string | null;
  /** Whether that key has just replaced another. */
  isRotated?: boolean;
  /** Names what has just been done; any other text is ignored. */
  done?: string | undefined;
  leaseFault?: LeaseFault;
  csrf: string;
  now: UnixSeconds;
  /** This service's own origin. */
  url: string;
  formTargets: readonly string[];
};

/** Everything that its owner may see of a license, and do with it. */
export const licensePage = (content: LicensePageContent): Promise<Response> =>
  accountPage({
    csrf: content.csrf,
    title: planName(content.license.plan),
    status: content.leaseFault ? PROBLEMS[content.leaseFault.refusal.code].status : 200,
    headers: content.leaseFault ? waitHeaders(content.leaseFault.refusal) : {},
    formTargets: content.formTargets,
    main: <LicenseMain {...content} />,
  });

const LicenseMain: FC<LicensePageContent> = (content) => {
  const { license, words, downloads, csrf, now } = content;
  const news = NEWS.get(content.done);
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
      <dl>
        <dt>Opens</dt>
        <dd>{license.entitlements.map(entitlementName).join(", ")}</dd>
        <dt>Versions</dt>
        <dd>
          {versionsName(license.versions)}
          {license.updates_until === null ? null : (
            <>
              , published until <Time at={license.updates_until} />
            </>
          )}
        </dd>
        <dt>Since</dt>
        <dd>
          <Time at={license.created_at} />
        </dd>
        <dt>License</dt>
        <dd>
          <code>{license.id}</code>
        </dd>
      </dl>
      <KeySection {...content} />
      <MachineSection license={license} csrf={csrf} now={now} />
      <LeaseSection
        license={license}
        csrf={csrf}
        now={now}
        {...(content.leaseFault && { fault: content.leaseFault })}
      />
      <DownloadSection downloads={downloads} />
      <BillingSection license={license} csrf={csrf} />
      <AccountEnd csrf={csrf} />
    </>
  );
};

const entitlementName = (workers: string): string =>
  workers === "llm-worker-rbee-premium-*" ? "every premium worker" : workers;

/** A semver range for people; one that is neither all nor an upper bound stays as it is. */
const versionsName = (range: string): string =>
  range === "*" ? "all" : range.replace(/^<(\d+\.\d+\.\d+)$/, "all before $1");

const KeySection: FC<LicensePageContent> = ({ license, licenseKey, isRotated = false, csrf, url }) => (
  <section id="key">
    <h2>License key</h2>
    {isRotated ? (
      <Notice tone="good">
        This is the new key. The old one no longer works, and the new one has been mailed to you.
      </Notice>
    ) : null}
    {licenseKey === null ? (
      <PostForm action={`${licensePath(license.id)}/key#key`} csrf={csrf}>
        <button type="submit">Show the key</button>
      </PostForm>
    ) : (
      <>
        <CopyBlock id="license-key" what="the license key">
          {licenseKey}
        </CopyBlock>
        <p>Keep it like a password. On each machine that is to use it, run this and give the key when it asks:</p>
        <CopyBlock id="activate" what="the command">
          {activationCommand(url)}
        </CopyBlock>
      </>
    )}
    <p class="quiet">
      Somebody else has seen it? <a href={`${licensePath(license.id)}/rotate-key`}>Replace the key</a>.
    </p>
  </section>
);

const DownloadSection: FC<{ downloads: Download[] }> = ({ downloads }) => (
  <section>
    <h2>Downloads</h2>
    <DataTable
      caption="The last downloads with this license"
      columns={[
        { header: "Worker", cell: ({ worker_id }) => worker_id },
        { header: "Version", cell: ({ version }) => version },
        { header: "Platform", cell: ({ platform }) => platform },
        { header: "Machine", cell: ({ machine }) => machine ?? "without a name" },
        { header: "When", cell: ({ at }) => <Time at={at} clock /> },
      ]}
      rows={downloads}
      empty={
        <>
          Nothing has been downloaded with this license yet. <a href="/?tier=premium">See the premium workers</a>.
        </>
      }
    />
  </section>
);

const BillingSection: FC<{ license: License; csrf: string }> = ({ license, csrf }) => (
  <section id="billing">
    <h2>Invoices and billing</h2>
    {license.stripe_customer_id === null ? (
      <p>This license was given to you; there is nothing to pay and no invoice.</p>
    ) : (
      <>
        <p>
          Stripe handles our payments. Its portal has your invoices and payment methods
          {license.stripe_subscription_id === null
            ? "."
            : "; there you also pay what is due, change the number of machines, and cancel."}
        </p>
        <PostForm action={`${licensePath(license.id)}/billing`} csrf={csrf}>
          <button type="submit">Open invoices and billing</button>
        </PostForm>
      </>
    )}
  </section>
);
