import { createRouter, jsonBodyLimit, type OpenAPIHono } from "../../platform/http/route.ts";
import { type CustomerEnv, requireCustomer, sessionForm } from "../../platform/identity/session/guard.ts";
import { type FC, FORM_REFUSALS, type Page, type PageDocs, PostForm, page, pageDocs, SiteHeader } from "../page/kit.ts";

/** A router of the account's pages. */
export const accountRouter = (): OpenAPIHono<CustomerEnv> => createRouter<CustomerEnv>();

const SIGN_IN_PAGE = { leadsTo: "The sign-in page." };

/** Access and documentation of a page that only shows something. */
export const accountView = (docs: PageDocs) => ({
  middleware: [requireCustomer],
  ...pageDocs({ ...SIGN_IN_PAGE, ...docs }),
});

/** Access and documentation of a page that receives a form. */
export const accountForm = (docs: PageDocs) => ({
  middleware: [requireCustomer, jsonBodyLimit, sessionForm],
  ...pageDocs({ ...SIGN_IN_PAGE, ...docs, refusals: [...FORM_REFUSALS, ...(docs.refusals ?? [])] }),
});

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
