import type { Child, FC } from "hono/jsx";

type Props = {
  /** Of the element that holds the text; unique on the page. */
  id: string;
  /** What the button copies, in words, for who cannot see what it stands beside: `the license key`. */
  what: string;
  /** What is shown and copied. */
  children: Child;
};

/** Text to be copied whole (a command, a key), with a button where there is script. Without, it can be selected. */
export const CopyBlock: FC<Props> = ({ id, what, children }) => (
  <div class="copy">
    <pre>
      <code id={id}>{children}</code>
    </pre>
    <button type="button" data-copy={id} aria-live="polite" hidden>
      Copy<span class="unseen"> {what}</span>
    </button>
  </div>
);
