import type { License } from "../../../domain/licensing/license/record.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type FC, type Page, PostForm, page, SiteHeader, StatusBadge } from "../../page/kit.ts";
import type { StandingWords } from "../standing-words.tsx";
import { seatedMachines } from "./machine-sections.tsx";

/** The path of a license's page. `done` names the act to confirm there. */
export const licensePath = (id: string, done?: string): string =>
  `/account/licenses/${id}${done === undefined ? "" : `?done=${done}`}`;

/** A page of the account. `csrf` is the CSRF token of the session. */
export const accountPage = ({ csrf, ...content }: Page & { csrf: string }): Promise<Response> =>
  page({
    ...content,
    header: (
      <SiteHeader current="/account">
        <PostForm action="/account/sign-out" csrf={csrf}>
          <button type="submit" class="secondary">
            Sign out
          </button>
        </PostForm>
      </SiteHeader>
    ),
  });

/** The links that concern the whole account, for the end of the first pages. */
export const AccountEnd: FC<{ csrf: string }> = ({ csrf }) => (
  <section class="row" aria-label="Your account">
    <PostForm action="/account/sign-out" csrf={csrf}>
      <input type="hidden" name="everywhere" value="yes" />
      <button type="submit" class="secondary">
        Sign out everywhere
      </button>
    </PostForm>
    <a href="/account/erase">Delete my data</a>
  </section>
);

type Listed = { license: License; words: StandingWords };

/** The list of a customer's licenses with their standing, each with a link to its page. */
export const overviewPage = (listed: Listed[], csrf: string, now: UnixSeconds): Promise<Response> =>
  accountPage({
    csrf,
    title: "Your licenses",
    main: (
      <>
        <h1>Your licenses</h1>
        {listed.length === 0 ? <p class="empty">This mail address has no license.</p> : null}
        {listed.map((one) => (
          <ListedLicense {...one} now={now} />
        ))}
        <AccountEnd csrf={csrf} />
      </>
    ),
  });

const ListedLicense: FC<Listed & { now: UnixSeconds }> = ({ license, words, now }) => (
  <article>
    <div class="row">
      <h2>
        <a href={licensePath(license.id)}>{planName(license.plan)}</a>
      </h2>
      <StatusBadge tone={words.tone}>{words.label}</StatusBadge>
    </div>
    <p>{words.says}</p>
    <p class="quiet">
      {seatedMachines(license, now).length} of {license.machine_limit} machines in use · <code>{license.id}</code>
    </p>
  </article>
);
