import { type FC, PostForm } from "../../page/kit.ts";

/** The address of the search. */
export const SEARCH_PATH = "/admin/search";

/**
 * The search field in the header of every page. It is sent as a form, so no address and no log holds a license key that
 * is typed there. The key `/` focuses it (`data-focus`, by the script of the pages).
 */
export const SearchForm: FC<{ csrf: string; value?: string | undefined }> = ({ csrf, value }) => (
  <search class="find">
    <PostForm action={SEARCH_PATH} csrf={csrf}>
      <label class="unseen" for="find">
        Search licenses, orders, releases and machines
      </label>
      <input
        id="find"
        name="q"
        type="search"
        value={value}
        placeholder="Search: email, id, key, version"
        autocomplete="off"
        spellcheck={false}
        aria-keyshortcuts="/"
        data-focus="/"
      />
      <button type="submit" class="secondary">
        Search
      </button>
    </PostForm>
  </search>
);
