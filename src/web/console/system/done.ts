import type { Tone } from "../../page/kit.ts";

/** What the system page says of the act that led back to it. */
export const DONE = {
  "event-handled": { tone: "good", text: "The event is handled." },
  "event-failed": {
    tone: "bad",
    text: "The event could not be handled; the list says why. It stays to be tried again.",
  },
  "mail-queued": { tone: "good", text: "The mail is being sent. It leaves the list once it is." },
  "mail-kept": { tone: "careful", text: "This mail is sent already, or is tried again within minutes by itself." },
  published: {
    tone: "good",
    text: "Everything is published. An entry younger than a minute may stay for the next run.",
  },
  unpublished: { tone: "bad", text: "KV did not take everything. The cron goes on trying each minute." },
  republished: { tone: "good", text: "Everything is being published again, some hundred records a minute." },
} as const satisfies Record<string, { tone: Tone; text: string }>;

export type Done = keyof typeof DONE;

/** The system page, which then says so. */
export const systemPath = (done: Done): string => `/admin/system?done=${done}`;
