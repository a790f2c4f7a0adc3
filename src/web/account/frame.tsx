import { createRouter, jsonBodyLimit, type OpenAPIHono } from "../../platform/http/route.ts";
import { type CustomerEnv, requireCustomer, sessionForm } from "../../platform/identity/session/guard.ts";
import { type FC, type Page, PostForm, page, SiteHeader } from "../page/kit.ts";
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
    <a href="/account/emails">Choose your emails</a>
    <a href="/account/erase">Delete my data</a>
  </section>
);
