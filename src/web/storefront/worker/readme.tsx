import { type FC, Prose } from "../../page/kit.ts";

/** A README: the text before its first `## ` heading, then each heading with its part. `READMES` tells its Markdown. */
export const Readme: FC<{ text: string }> = ({ text }) => {
  const [introduction = "", ...parts] = text.split(/^## /m);
  return (
    <section aria-labelledby="readme">
      <h2 id="readme">About this worker</h2>
      <Prose text={introduction} />
      {parts.map((part) => {
        const [heading = "", ...lines] = part.split("\n");
        return (
          <>
            <h3>{heading}</h3>
            <Prose text={lines.join("\n")} />
          </>
        );
      })}
    </section>
  );
};
