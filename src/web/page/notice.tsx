import type { FC, PropsWithChildren } from "hono/jsx";

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

/** A status in a word or two, colored. */
export const StatusBadge: FC<PropsWithChildren<{ tone?: Tone }>> = ({ tone = "plain", children }) => (
  <span class={`badge ${tone}`}>{children}</span>
);
