import { type FC, Notice } from "../page/kit.ts";

/** What an admin must know when the edge copy does not follow a change yet; `edge` is what `publishNow` said. */
export const EdgeNotice: FC<{ edge: "published" | "pending" | undefined }> = ({ edge }) =>
  edge === "pending" ? (
    <Notice tone="careful">
      Downloads do not follow yet: the edge store does not answer. It is tried again until it does.
    </Notice>
  ) : null;
