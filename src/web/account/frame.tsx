import { createRouter, jsonBodyLimit, type OpenAPIHono } from "../../platform/http/route.ts";
import { type CustomerEnv, requireCustomer, sessionForm } from "../../platform/identity/session/guard.ts";
import type { Session } from "../../platform/identity/session/session.ts";
import { type FC, Icon, type Page, PostForm, page, SiteHeader } from "../page/kit.ts";
import { type PageRequest, type PageRoute, pageRoute } from "../page/page-docs.ts";

/** A router of the account's pages. */
export const accountRouter = (): OpenAPIHono<CustomerEnv> => createRouter<CustomerEnv>();

/** The route of a page that only shows something to a signed-in customer. */
export const accountView = <const Path extends string, Request extends PageRequest = Record<never, never>>(
  path: Path,
  docs: PageRoute<Request>,
) => pageRoute("get", path, { ...docs, middleware: [requireCustomer] });

/** The route of a page that receives a form of a signed-in customer. */
export const accountForm = <const Path extends string, Request extends PageRequest = Record<never, never>>(
  path: Path,
  docs: PageRoute<Request>,
) => pageRoute("post", path, { ...docs, middleware: [requireCustomer, jsonBodyLimit, sessionForm] });

/** The path of a license's page. `done` names the act to confirm there. */
export const licensePath = (id: string, done?: string): string =>
  `/account/licenses/${id}${done === undefined ? "" : `?done=${done}`}`;

/** The part of a session that its pages show. */
export type Visitor = Pick<Session<"account">, "by" | "csrfToken">;

/** A page of the account, with the signed-in person and the ways to the account's parts. */
export const accountPage = ({ visitor, main, ...content }: Page & { visitor: Visitor }): Promise<Response> =>
  page({
    ...content,
    header: (
      <SiteHeader current="/account">
        <PostForm action="/account/sign-out" csrf={visitor.csrfToken}>
          <button type="submit" class="secondary">
            Sign out
          </button>
        </PostForm>
      </SiteHeader>
    ),
    main: (
      <>
        <AccountBar visitor={visitor} />
        {main}
      </>
    ),
  });

const AccountBar: FC<{ visitor: Visitor }> = ({ visitor: { by } }) => (
  <nav class="account-bar" aria-label="Account">
    <span>
      <Icon name="user" /> {by.kind === "mail" ? <strong>{by.subject}</strong> : "Signed in with a license key"}
    </span>
    <a href="/account">{by.kind === "mail" ? "Licenses" : "License"}</a>
    <a href="/account/emails">Emails</a>
    <a href="/account/erase">Delete my data</a>
  </nav>
);

/** The button that ends every session, for the end of the first pages. */
export const AccountEnd: FC<{ visitor: Visitor }> = ({ visitor }) => (
  <section class="row" aria-label="Your sessions">
    <PostForm action="/account/sign-out" csrf={visitor.csrfToken}>
      <input type="hidden" name="everywhere" value="yes" />
      <button type="submit" class="secondary">
        Sign out everywhere
      </button>
    </PostForm>
    <span class="quiet">Ends every session, on this device and others.</span>
  </section>
);
