import type { Child, FC, PropsWithChildren } from "hono/jsx";

/** How good a piece of news is. The color repeats the words beside it; it never replaces them. */
export type Tone = "plain" | "good" | "careful" | "bad";

/** A box for a result or a state. `bad` interrupts a screen reader; the other tones wait until it is free. */
export const Notice: FC<PropsWithChildren<{ tone?: Tone; title?: string }>> = ({ tone = "plain", title, children }) => (
  <div class={`box ${tone}`} role={tone === "bad" ? "alert" : "status"}>
    {title === undefined ? null : (
      <p>
        <strong>{title}</strong>
      </p>
    )}
    {children}
  </div>
);

/** A status in a word or two, as `text` or children, colored. */
export const StatusBadge: FC<PropsWithChildren<{ tone?: Tone; text?: string }>> = ({ tone = "plain", ...props }) => (
  <span class={`badge ${tone}`}>{props.text ?? props.children}</span>
);

/**
 * Text written by people, such as release notes. It knows paragraphs between blank lines, lists of lines that begin
 * with `- ` or `* `, and code between backticks. Everything else is shown as text, so it cannot inject markup.
 */
export const Prose: FC<{ text: string }> = ({ text }) => (
  <>
    {text
      .split(/\r?\n\s*\n/)
      .filter((block) => block.trim() !== "")
      .map((block) => (
        <Block lines={block.split(/\r?\n/).filter((line) => line.trim() !== "")} />
      ))}
  </>
);

/** One line of such a text. */
export const ProseLine: FC<{ text: string }> = ({ text }) => <>{spans(text)}</>;

const ITEM = /^\s*[-*] /;

const Block: FC<{ lines: string[] }> = ({ lines }) =>
  lines.every((line) => ITEM.test(line)) ? (
    <ul>
      {lines.map((line) => (
        <li>{spans(line.replace(ITEM, ""))}</li>
      ))}
    </ul>
  ) : (
    <p>{spans(lines.join("\n"))}</p>
  );

const spans = (line: string): Child[] =>
  line.split("`").map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part));

/**
 * Text to copy as a whole: a command or a key. The button needs script; without it, select the text. `id` is unique on
 * the page, and `what` names the copied thing for screen readers: `the license key`.
 */
export const CopyBlock: FC<{ id: string; what: string; children: Child }> = ({ id, what, children }) => (
  <div class="copy">
    <pre>
      <code id={id}>{children}</code>
    </pre>
    <button type="button" data-copy={id} aria-live="polite" hidden>
      Copy<span class="unseen"> {what}</span>
    </button>
  </div>
);
