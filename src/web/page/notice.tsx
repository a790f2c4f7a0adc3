import type { FC, PropsWithChildren } from "hono/jsx";

/** How good a piece of news is. Color only repeats what the words beside it say. */
export type Tone = "plain" | "good" | "careful" | "bad";

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

/** A word or two of status, colored. */
export const StatusBadge: FC<PropsWithChildren<{ tone?: Tone }>> = ({ tone = "plain", children }) => (
  <span class={`badge ${tone}`}>{children}</span>
);
