import { type FC, type Page, PostForm, page, SiteHeader } from "../../page/kit.ts";

/** A page of the account for who is signed in, under the session with this CSRF token. */
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

/** What concerns the whole account, for the end of the pages that people begin at. */
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
