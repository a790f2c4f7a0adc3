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
