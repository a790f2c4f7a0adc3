import type { CountedEndpoint } from "../../../domain/webhooks/endpoint/store.ts";
import { counted } from "../../page/kit.ts";

/** The consequences of the removal of a webhook endpoint, a sentence each. */
export const previewEndpointRemoval = ({ removed_at, pending }: CountedEndpoint): string[] =>
  removed_at === null
    ? [
        `Nothing more is sent to it. ${counted(pending, "event")} that wait are given up.`,
        "This cannot be undone. To pause it, disable it.",
      ]
    : ["Nothing changes: the endpoint is removed already."];
