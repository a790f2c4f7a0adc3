import { z } from "@hono/zod-openapi";
import type { PropsWithChildren } from "hono/jsx";
import { type FC, Notice, pathWithQuery } from "../../page/kit.ts";

/** What an act adds to the address that it leads to: its name, and whether downloads follow it already (`publishNow`). */
export const DoneQuery = z.object({
  done: z
    .string()
    .optional()
    .openapi({ param: { description: "The act that led here." }, example: "revoke" }),
  edge: z.enum(["published", "pending"]).optional().openapi({ description: "Whether downloads follow it yet." }),
});

/** The page at `path`, which then says what has been done to what it shows. */
export const donePath = (path: string, query: z.output<typeof DoneQuery>): string => pathWithQuery(path, query);

/** What has been done, in words; nothing for an address that no act has led to. */
export const DoneNotice: FC<{ text: string | undefined; edge: z.output<typeof DoneQuery>["edge"] }> = ({
  text,
  edge,
}) =>
  text ? (
    <>
      <Notice tone="good">{text}</Notice>
      <EdgeNotice edge={edge} />
    </>
  ) : null;

/** What an admin must know when the edge copy does not follow a change yet; `edge` is what `publishNow` said. */
export const EdgeNotice: FC<{ edge: "published" | "pending" | undefined }> = ({ edge }) =>
  edge === "pending" ? (
    <Notice tone="careful">
      Downloads do not follow yet: the edge store does not answer. It is tried again until it does.
    </Notice>
  ) : null;

type LinkProps = PropsWithChildren<{
  /** Of the act's form. */
  href: string;
  /** Whether it ends something, and is not to be hit by mistake. */
  ends?: boolean;
}>;

/** A link to an act upon what the page shows. */
export const ActLink: FC<LinkProps> = ({ href, ends = false, children }) => (
  <a class={ends ? "button secondary danger" : "button secondary"} href={href}>
    {children}
  </a>
);
