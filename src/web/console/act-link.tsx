import type { FC, PropsWithChildren } from "hono/jsx";

type Props = PropsWithChildren<{
  /** Of the act's form. */
  href: string;
  /** Whether it ends something, and is not to be hit by mistake. */
  ends?: boolean;
}>;

/** A link to an act upon what the page shows. */
export const ActLink: FC<Props> = ({ href, ends = false, children }) => (
  <a class={ends ? "button secondary danger" : "button secondary"} href={href}>
    {children}
  </a>
);
