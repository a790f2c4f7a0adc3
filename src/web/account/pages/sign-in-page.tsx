import { PROBLEMS, type Refusal, waitHeaders } from "../../../platform/http/problem.ts";
import { type FC, Field, Notice, PostForm, page, SiteHeader } from "../../page/kit.ts";
import { RECOVERY_ANSWER } from "../sign-in.ts";

/** The input of a refused form, and its refusal. */
export type SignInFault = { field: "key" | "email"; sent: string; refusal: Refusal };

/** The confirmations of acts, by their name in the URL. */
const NEWS: ReadonlyMap<string | undefined, string> = new Map([
  ["signed-out", "You are signed out."],
  ["erased", "Your data is deleted, and your licenses have ended."],
]);

type Content = { wanted: string; done?: string | undefined; fault?: SignInFault };

/**
 * The two forms to sign in. `wanted` is the path to open afterwards. `done` names the act to confirm; any other text is
 * ignored. After a fault, the form contains the earlier input.
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
        <p>See your licenses, keys, machines and invoices.</p>
        <KeyForm wanted={wanted} fault={fault?.field === "key" ? fault : undefined} />
        <MailForm fault={fault?.field === "email" ? fault : undefined} />
      </>
    ),
  });

/** The status of a form after a fault. Never 401, because a browser would then ask for a user name and password. */
const statusOf = ({ code }: Refusal): number => (PROBLEMS[code].status === 401 ? 403 : PROBLEMS[code].status);

const KeyForm: FC<{ wanted: string; fault: SignInFault | undefined }> = ({ wanted, fault }) => (
  <article>
    <h2>Sign in with a license key</h2>
    <PostForm action="/account/sign-in" csrf={null}>
      <input type="hidden" name="return" value={wanted} />
      <Field
        name="key"
        label="License key"
        hint="It begins with rbee_lic_. We sent it to you by mail. It opens this one license."
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
      {/* Not type="email": browsers refuse some valid addresses, and rewrite `exämple.de` to a form that no license has. */}
      <Field
        name="email"
        label="Mail address"
        hint="The address that you bought with. We mail you a link to all its licenses, including lost keys."
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

/** The answer to every request for a link. */
export const sentPage = (): Promise<Response> =>
  page({
    title: "Check your mail",
    status: 202,
    header: <SiteHeader current="/account" />,
    main: (
      <>
        <h1>Check your mail</h1>
        <p>{RECOVERY_ANSWER}</p>
        <p class="quiet">
          No mail? Look in your spam folder, or try <a href="/account/sign-in">another address</a>.
        </p>
      </>
    ),
  });

/** The page of a valid link. Its button, not the visit, uses up the link, because mail scanners follow links. */
export const confirmPage = (): Promise<Response> =>
  page({
    title: "Sign in",
    header: <SiteHeader current="/account" />,
    main: (
      <>
        <h1>Sign in to your account</h1>
        <p>This link works once. You stay signed in for up to 12 hours in this browser.</p>
        <PostForm csrf={null}>
          <button type="submit">Sign in</button>
        </PostForm>
      </>
    ),
  });

const DEAD_LINKS = {
  ended: { status: 410, title: "This link was used before or is too old" },
  forged: { status: 403, title: "This link is not valid" },
} as const;

/** The page of a used, expired or unknown link. */
export function deadLinkPage(why: keyof typeof DEAD_LINKS): Promise<Response> {
  const { status, title } = DEAD_LINKS[why];
  return page({
    title,
    status,
    header: <SiteHeader current="/account" />,
    main: (
      <>
        <h1>{title}</h1>
        <p>A link works once, for 30 minutes. Check that you copied all of it. Your licenses have not changed.</p>
        <p>
          <a class="button" href="/account/sign-in">
            Get a new link
          </a>
        </p>
      </>
    ),
  });
}
