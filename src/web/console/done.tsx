import { z } from "@hono/zod-openapi";
import { type FC, Notice, pathWithQuery } from "../page/kit.ts";
import { EdgeNotice } from "./edge-notice.tsx";

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
