import { counted } from "../../page/kit.ts";

/** The consequences of the removal of a publisher with `tokens` in force, a sentence each. */
export const previewPublisherRemoval = ({ removed_at }: { removed_at: number | null }, tokens: number): string[] =>
  removed_at === null
    ? [
        "Its runs get no token from now on.",
        `Its tokens end at once: ${counted(tokens, "token")} in force. A publication that is under way fails.`,
        "Everything that it has published stays. Yank or block a version that you do not trust.",
        "This cannot be undone. You can add the workflow again.",
      ]
    : ["Nothing changes: the publisher is removed already."];
