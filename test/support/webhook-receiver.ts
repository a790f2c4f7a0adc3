import { inject } from "vitest";
import type { Answer, Received } from "./node/receiver-desk.ts";

/** A real HTTP server beside the test, which gets webhooks and answers as the test says. */
export type Receiver = {
  url: string;
  /** The messages so far, in the order of their arrival. */
  received(): Promise<Received[]>;
  /** The next answers in their order; after them `always` (default: 204). */
  willAnswer(answers: Answer[], always?: Answer): Promise<void>;
  /** From now on it answers 500 to messages with this text; null: to none. */
  willRefuse(text: string | null): Promise<void>;
};

/** Opens a receiver, which takes everything at first. */
export async function openReceiver(): Promise<Receiver> {
  const desk = inject("receiverDesk");
  const made = await fetch(desk, { method: "POST" });
  const { id, url } = await made.json<{ id: number; url: string }>();
  const set = async (changed: object) => {
    await fetch(`${desk}/${id}/answers`, { method: "POST", body: JSON.stringify(changed) });
  };
  return {
    url: `${url}/hooks/rbee`,
    received: async () => (await fetch(`${desk}/${id}`)).json<Received[]>(),
    willAnswer: async (answers, always = { status: 204 }) => {
      await set({ answers, always });
    },
    willRefuse: (refused) => set({ refused }),
  };
}
