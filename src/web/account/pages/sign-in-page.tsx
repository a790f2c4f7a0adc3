import { PROBLEMS, type Refusal, waitHeaders } from "../../../platform/http/problem.ts";
import { type FC, Field, Notice, PostForm, page, SiteHeader } from "../../page/kit.ts";
import { RECOVERY_ANSWER } from "../recovery-request.ts";

/** What was sent with one of the two forms, and why it was refused. */
export type SignInFault = { field: "key" | "email"; sent: string; refusal: Refusal };

/** What has just happened to who comes here, by the name in the address. */
const NEWS: ReadonlyMap<string | undefined, string> = new Map([
  ["signed-out", "You are signed out."],
  ["erased", "Your data is deleted, and your licenses have ended."],
]);

type Content = { wanted: string; done?: string | undefined; fault?: SignInFault };

/**
 * The two ways into the account. `wanted` is the page to show then; `done` names what has just happened, and is ignored if it
 * names nothing; after a fault, the form has what was entered.
 */
export const signInPage = ({ wanted, done, fault }: Content): Promise<Response> =>
  page({
    title: "Your account",
    status: fault ? statusOf(fault.refusal) : 200,
    headers: fault ? waitHeaders(fault.refusal) : {},
    header: <SiteHeader current="/account" />,
    main: (
      <>
        <h1>Your account</h1>
        {NEWS.has(done) ? <Notice tone="good">{NEWS.get(done)}</Notice> : null}
        <p>See how your licenses stand, free machines, and get at keys and invoices.</p>
        <KeyForm wanted={wanted} fault={fault?.field === "key" ? fault : undefined} />
        <MailForm fault={fault?.field === "email" ? fault : undefined} />
      </>
    ),
  });

/** The status of a form that is shown again: never 401, which would have a browser ask for a user name and password. */
const statusOf = ({ code }: Refusal): number => (PROBLEMS[code].status === 401 ? 403 : PROBLEMS[code].status);

const KeyForm: FC<{ wanted: string; fault: SignInFault | undefined }> = ({ wanted, fault }) => (
  <article>
    <h2>Sign in with a license key</h2>
    <PostForm action="/account/sign-in" csrf={null}>
      <input type="hidden" name="return" value={wanted} />
      <Field
        name="key"
        label="License key"
        hint="It begins with rbee_lic_ and came by mail. It opens this one license."
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxlength={500}
        required
        value={fault?.sent}
        error={fault?.refusal.detail}
      />
      <button type="submit">Sign in</button>
    </PostForm>
  </article>
);

const MailForm: FC<{ fault: SignInFault | undefined }> = ({ fault }) => (
  <article>
    <h2>Sign in by mail</h2>
    <PostForm action="/account/sign-in/link" csrf={null}>
      {/* Not type="email": browsers refuse addresses that exist, and rewrite `exämple.de` to what no license is stored with. */}
      <Field
        name="email"
        label="Mail address"
        hint="The one you bought with. We mail you a link to all of its licenses, lost keys included."
        inputmode="email"
        autocomplete="email"
        autocapitalize="none"
        spellcheck={false}
        required
        value={fault?.sent}
        error={fault?.refusal.detail}
      />
      <button type="submit">Mail me a link</button>
    </PostForm>
  </article>
);

/** What everybody sees who has asked for a link. */
export const sentPage = (): Promise<Response> =>
  page({
    title: "Look into your mail",
    status: 202,
    header: <SiteHeader current="/account" />,
    main: (
      <>
        <h1>Look into your mail</h1>
        <p>{RECOVERY_ANSWER}</p>
        <p class="quiet">
          Nothing there? Look among the spam, or try <a href="/account/sign-in">another address</a>.
        </p>
      </>
    ),
  });

/** What a fresh link leads to. The button, not the visit, uses it up: mail scanners follow links. */
export const confirmPage = (): Promise<Response> =>
  page({
    title: "Sign in",
    header: <SiteHeader current="/account" />,
    main: (
      <>
        <h1>Sign in to your account</h1>
        <p>This link works once. You stay signed in for up to twelve hours in this browser.</p>
        <PostForm csrf={null}>
          <button type="submit">Sign in</button>
        </PostForm>
      </>
    ),
  });

const DEAD_LINKS = {
  ended: { status: 410, title: "This link has been used or is too old" },
  forged: { status: 403, title: "This is not a link of ours" },
} as const;

/** The answer to a link that opens nothing any more, or never did. */
export function deadLinkPage(why: keyof typeof DEAD_LINKS): Promise<Response> {
  const { status, title } = DEAD_LINKS[why];
  return page({
    title,
    status,
    header: <SiteHeader current="/account" />,
    main: (
      <>
        <h1>{title}</h1>
        <p>Links work once, for 30 minutes, and only whole. Nothing has happened to your licenses.</p>
        <p>
          <a class="button" href="/account/sign-in">
            Get a new link
          </a>
        </p>
      </>
    ),
  });
}
