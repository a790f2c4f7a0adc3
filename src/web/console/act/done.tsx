import { z } from "@hono/zod-openapi";
import type { PropsWithChildren } from "hono/jsx";
import { type FC, Notice, pathWithQuery } from "../../page/kit.ts";

/** Query parameters of the redirect after an act: its name, and whether the edge copy has the change (`settle`). */
export const DoneQuery = z.object({
  done: z
    .string()
    .optional()
    .openapi({ param: { description: "The act that led here." }, example: "revoke" }),
  edge: z
    .enum(["published", "pending"])
    .optional()
    .openapi({ description: "Whether the edge copy has the change yet." }),
});

/** The address of `path` with a notice of the act in `query`. */
export const donePath = (path: string, query: z.output<typeof DoneQuery>): string => pathWithQuery(path, query);

/** The notice of an act; nothing if `text` is undefined, because no act has led here. */
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

/** A warning if the edge copy does not have a change yet; `edge` is the result of `settle`. */
export const EdgeNotice: FC<{ edge: "published" | "pending" | undefined }> = ({ edge }) =>
  edge === "pending" ? (
    <Notice tone="careful">
      Downloads do not have this change yet, because the edge store does not answer. The service retries until it does.
    </Notice>
  ) : null;

type LinkProps = PropsWithChildren<{
  /** The address of the act's form. */
  href: string;
  /** Whether the act takes something away; such a link looks different. */
  ends?: boolean;
}>;

/** A link to an act on the thing that the page shows. */
export const ActLink: FC<LinkProps> = ({ href, ends = false, children }) => (
  <a class={ends ? "button secondary danger" : "button secondary"} href={href}>
    {children}
  </a>
);
