import { type FC, PostForm } from "../../page/kit.ts";
import { type ConsoleContext, may } from "../console-page.tsx";

type Props = {
  c: ConsoleContext;
  /** Where it is sent. */
  action: string;
  text: string;
  /** What it does it to, for who does not see beside what it stands. */
  what?: string;
};

/** A button that has something tried again, for who may. It asks for nothing: the cron would do the same, only later. */
export const RetryButton: FC<Props> = ({ c, action, text, what }) =>
  may(c, "licenses:write") ? (
    <PostForm action={action} csrf={c.var.session.csrfToken}>
      <button type="submit" class="secondary">
        {text}
        {what === undefined ? null : <span class="unseen"> {what}</span>}
      </button>
    </PostForm>
  ) : null;
