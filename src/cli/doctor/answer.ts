import { messageOf } from "../../lib/error-message.ts";
import { sendRequest } from "../transport.ts";

/** An answer to one request from outside, or the reason that there was none. */
export type Answer = { status: number; headers: Headers; body: string } | { error: string };

/** How long the doctor waits for an answer, in milliseconds. */
const PATIENCE_MS = 15_000;

/** A question of the doctor; a GET if it names no method. */
type Question = { method?: string; headers?: Record<string, string>; body?: string; credential?: string };

/** Sends one request and reads its answer. It follows no redirect and does not retry. Never throws. */
export async function askOnce(url: string, question: Question = {}): Promise<Answer> {
  try {
    const response = await sendRequest(new URL(url), {
      method: "GET",
      headers: {},
      ...question,
      credential: question.credential ?? null,
      timeoutMs: PATIENCE_MS,
      follow: false,
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    return { error: messageOf(cause) || code || "no answer" };
  }
}

/** Whether the catalog itself made the answer: each of its answers has an id. */
export const isFromCatalog = (answer: Answer): boolean => "status" in answer && answer.headers.has("X-Request-Id");
