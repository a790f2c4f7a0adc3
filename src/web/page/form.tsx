import type { FC, PropsWithChildren } from "hono/jsx";
import { CSRF_FIELD } from "../../platform/identity/session/form.ts";

type Props = PropsWithChildren<{
  /** Where it is sent; default: the page's own address. */
  action?: string;
  /** The token of the session that the form acts in; null where there is no session to be misused. */
  csrf: string | null;
  class?: string;
}>;

/** A form that changes something. Answer it with a redirect (303), or with the page again that says what was wrong. */
export const PostForm: FC<Props> = ({ action, csrf, children, class: className }) => (
  <form method="post" action={action} class={className}>
    {csrf === null ? null : <input type="hidden" name={CSRF_FIELD} value={csrf} />}
    {children}
  </form>
);
