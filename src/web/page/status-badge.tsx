import type { FC, PropsWithChildren } from "hono/jsx";
import type { Tone } from "./tone.ts";

/** A word or two of status, colored. */
export const StatusBadge: FC<PropsWithChildren<{ tone?: Tone }>> = ({ tone = "plain", children }) => (
  <span class={`badge ${tone}`}>{children}</span>
);
