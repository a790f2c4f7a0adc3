import { PROBLEMS, type Refusal, waitHeaders } from "../../../platform/http/problem.ts";
import { ButtonLink, type FC, Field, Icon, Notice, PostForm, page, SiteHeader, Split } from "../../page/kit.ts";
import { RECOVERY_ANSWER } from "../sign-in.ts";

/** The input of a refused form, and its refusal. */
export type SignInFault = { sent: string; refusal: Refusal };

/** The confirmations of acts, by their name in the URL. */
const NEWS: ReadonlyMap<string | undefined, string> = new Map([
  ["signed-out", "You are signed out."],
  ["erased", "Your data is deleted, and your licenses have ended."],
]);

type Content = { wanted: string; done?: string | undefined; fault?: SignInFault };

const header = () => <SiteHeader current="/account" />;

/**
 * The form to sign in. `wanted` is the path to open afterwards. `done` names the act to confirm; any other text is
 * ignored. After a fault, the form contains the earlier input.
 */
export const signInPage = ({ wanted, done, fault }: Content): Promise<Response> =>
  page({
    title: "Sign in",
    status: fault ? statusOf(fault.refusal) : 200,
    headers: fault ? waitHeaders(fault.refusal) : {},
    header: header(),
    wide: true,
    main: (
      <Split aside={<SignInHelp />}>
        <h1>Sign in</h1>
        <p class="lead">Manage licenses, machines, keys and invoices.</p>
        {NEWS.has(done) ? <Notice tone="good">{NEWS.get(done)}</Notice> : null}
        <div class="box">
          <PostForm action="/account/sign-in" csrf={null}>
            <input type="hidden" name="return" value={wanted} />
            {/* Not type="email": browsers refuse some valid addresses, and rewrite `exämple.de` to a form that no license has. */}
            <Field
              name="key"
              label="License key or email"
              hint="The key begins with rbee_lic_. The email is the one that you bought with."
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              maxlength={500}
              required
              value={fault?.sent}
              error={fault?.refusal.detail}
            />
            <button type="submit">Sign in</button>
          </PostForm>
        </div>
      </Split>
    ),
  });

/** The status of a form after a fault. Never 401, because a browser would then ask for a user name and password. */
const statusOf = ({ code }: Refusal): number => (PROBLEMS[code].status === 401 ? 403 : PROBLEMS[code].status);

const SignInHelp: FC = () => (
  <div class="box">
    <h2>Which one?</h2>
    <p>
      <Icon name="key" /> <strong>A key</strong> opens its license at once. It's in the email from your purchase.
    </p>
    <p>
      <Icon name="mail" /> <strong>Your email</strong> opens all your licenses, and shows lost keys. We email you a
      link.
    </p>
    <p>
      No license yet? <a href="/plans">See the plans</a>
    </p>
  </div>
);

/** The answer to every request for a link. */
export const sentPage = (): Promise<Response> =>
  page({
    title: "Check your email",
    status: 202,
    header: header(),
    main: (
      <>
        <h1>Check your email</h1>
        <p class="lead">{RECOVERY_ANSWER}</p>
        <p>
          Nothing there? Check your spam folder, or <a href="/account/sign-in">try another email</a>.
        </p>
      </>
    ),
  });

/** The page of a valid link. Its button, not the visit, uses up the link, because mail scanners follow links. */
export const confirmPage = (): Promise<Response> =>
  page({
    title: "Sign in",
    header: header(),
    main: (
      <>
        <h1>Sign in to your account</h1>
        <p class="lead">You stay signed in to this browser for up to 12 hours.</p>
        <PostForm csrf={null}>
          <button type="submit">Sign in</button>
        </PostForm>
        <p class="quiet">Not your own device? Sign out when you're done.</p>
      </>
    ),
  });

const DEAD_LINKS = {
  ended: { status: 410, title: "This link has expired", says: "It was used before, or is older than 30 minutes." },
  forged: { status: 403, title: "This link isn't valid", says: "Did you copy the whole link?" },
} as const;

/** The page of a used, expired or unknown link. */
export function deadLinkPage(why: keyof typeof DEAD_LINKS): Promise<Response> {
  const { status, title, says } = DEAD_LINKS[why];
  return page({
    title,
    status,
    header: header(),
    main: (
      <>
        <h1>{title}</h1>
        <p class="lead">{says} Links expire after 30 minutes and work once. Your licenses have not changed.</p>
        <p>
          <ButtonLink href="/account/sign-in">Get a new link</ButtonLink>
        </p>
      </>
    ),
  });
}
