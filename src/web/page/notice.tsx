import type { FC, PropsWithChildren } from "hono/jsx";
import type { Tone } from "./tone.ts";

/** A box that says how something went or stands. `bad` interrupts a screen reader; the others wait until it is free. */
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
