import type { Child, FC } from "hono/jsx";

/**
 * A text that somebody wrote, release notes for instance: paragraphs between blank lines, lists of lines that begin with `- ` or
 * `* `, code between backticks. Nothing else in it is markup, so nothing in it can be harmful.
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
