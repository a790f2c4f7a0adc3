import type { FC } from "hono/jsx";
import type { LicenseRow } from "../licensing/license-record.ts";
import { endOf, type LicenseStatus, standingOf } from "../licensing/license-status.ts";
import { CopyBlock } from "../page/copy-block.tsx";
import { Field } from "../page/field.tsx";
import { PostForm } from "../page/form.tsx";
import { page } from "../page/page.tsx";
import { Time } from "../page/time.tsx";
import { PLAN_IDS, plans } from "../purchase/plans.ts";
import type { UnixSeconds } from "../time.ts";
import { RECOVERY_ANSWER } from "./recovery-request.ts";

/** What was sent with the form, and what was wrong with it. */
type Fault = { email: string; message: string; status: number };

/** The form that asks for a link; after a fault, with what was entered. */
export const formPage = (fault: Fault | null = null): Promise<Response> =>
  page({
    title: "Your license keys",
    status: fault?.status ?? 200,
    main: (
      <>
        <h1>Lost your license key?</h1>
        <p>
          Enter the mail address that you bought with. We send a link there that shows your licenses and their keys.
        </p>
        <PostForm action="/recover" csrf={null}>
          {/* Not type="email": browsers refuse addresses that exist, and rewrite `exämple.de` to what no license is stored with. */}
          <Field
            name="email"
            label="Mail address"
            inputmode="email"
            autocomplete="email"
            autocapitalize="none"
            spellcheck={false}
            required
            value={fault?.email}
            error={fault?.message}
          />
          <button type="submit">Send me the link</button>
        </PostForm>
      </>
    ),
  });

/** What everybody sees who has sent the form. */
export const sentPage = (): Promise<Response> =>
  page({
    title: "Look into your mail",
    status: 202,
    main: (
      <>
        <h1>Look into your mail</h1>
        <p>{RECOVERY_ANSWER}</p>
        <p class="quiet">
          Nothing there? Look among the spam, or try <a href="/recover">another address</a>.
        </p>
      </>
    ),
  });

/** What a fresh link leads to. The button, not the visit, uses it up: mail scanners follow links. */
export const confirmPage = (): Promise<Response> =>
  page({
    title: "Your license keys",
    main: (
      <>
        <h1>Show your license keys</h1>
        <p>This link works once. The next page has your keys: make sure that nobody looks over your shoulder.</p>
        <PostForm csrf={null}>
          <button type="submit">Show my license keys</button>
        </PostForm>
      </>
    ),
  });

const DEAD_LINKS = {
  ended: { status: 410, title: "This link has been used or is too old" },
  forged: { status: 403, title: "This is not a link of ours" },
} as const;

/** The answer to a link that shows nothing any more, or never did. */
export function deadLinkPage(why: keyof typeof DEAD_LINKS): Promise<Response> {
  const { status, title } = DEAD_LINKS[why];
  return page({
    title,
    status,
    main: (
      <>
        <h1>{title}</h1>
        <p>Links work once, for 30 minutes, and only whole. Nothing has happened to your licenses.</p>
        <p>
          <a class="button" href="/recover">
            Get a new link
          </a>
        </p>
      </>
    ),
  });
}

const STATUS_TEXTS: Record<LicenseStatus, string> = {
  active: "active",
  suspended: "on hold",
  revoked: "revoked",
  expired: "ended",
};

/** A license and its key, for its owner. */
export type KeyedLicense = { license: LicenseRow; licenseKey: string };

/** The licenses of a mail address with their keys, as they stand at `now`. */
export const keysPage = (keyed: KeyedLicense[], now: UnixSeconds): Promise<Response> =>
  page({
    title: "Your license keys",
    main: (
      <>
        <h1>Your license keys</h1>
        <p>Keep them like passwords. This page is shown once; your browser does not store it.</p>
        {keyed.map((one) => (
          <LicenseBox {...one} now={now} />
        ))}
      </>
    ),
  });

const LicenseBox: FC<KeyedLicense & { now: UnixSeconds }> = ({ license, licenseKey, now }) => {
  const { status } = standingOf(license, now);
  const plan = PLAN_IDS.find((id) => id === license.plan);
  const end = endOf(license);
  return (
    <article>
      <h2>{plan === undefined ? license.plan : plans[plan].name}</h2>
      <CopyBlock id={license.id} what="this license key">
        {licenseKey}
      </CopyBlock>
      <dl>
        <dt>Status</dt>
        <dd>{STATUS_TEXTS[status]}</dd>
        <dt>Machines</dt>
        <dd>up to {license.machine_limit}</dd>
        <dt>Ends</dt>
        <dd>{end === null ? "never" : <Time at={end} />}</dd>
        <dt>License</dt>
        <dd>
          <code>{license.id}</code>
        </dd>
      </dl>
      {status === "active" ? (
        <p class="quiet">
          On each machine that is to use it: <code>rbee-catalog activate --key-stdin</code>
        </p>
      ) : null}
    </article>
  );
};
