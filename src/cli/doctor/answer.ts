import { messageOf } from "../../lib/error-message.ts";

/** An answer to one request from outside, or the reason that there was none. */
export type Answer = { status: number; headers: Headers; body: string } | { error: string };

/** How long the doctor waits for an answer, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Sends one request and reads its answer. It follows no redirect and does not retry. Never throws. */
export async function askOnce(url: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    return { error: messageOf(cause) || code || "no answer" };
  }
}

/** Whether the catalog itself made the answer: each of its answers has an id. */
export const isFromCatalog = (answer: Answer): boolean => "status" in answer && answer.headers.has("X-Request-Id");
