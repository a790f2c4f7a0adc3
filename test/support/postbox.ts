import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../src/app.ts";
import { newAddress } from "./admin-request.ts";

/** A mail as the provider was given it. */
export type Letter = {
  from: unknown;
  to: unknown;
  replyTo: unknown;
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
};

/** A mail provider that keeps its mails, and can be told to fail. */
export type Postbox = {
  letters: Letter[];
  calls: number;
  /** Called before a mail is taken. It throws to refuse the mail. */
  before: () => Promise<void>;
  env: Env;
};

/** Returns the real bindings with a mail provider that keeps its mails for the test. */
export function newPostbox(): Postbox {
  const postbox: Postbox = { letters: [], calls: 0, before: async () => {}, env };
  const send: SendEmail["send"] = async (message: EmailMessage | EmailMessageBuilder) => {
    postbox.calls++;
    await postbox.before();
    if (!("subject" in message)) throw new Error("not a composed mail");
    const { from, to, replyTo, subject, text = "", html = "", headers = {} } = message;
    postbox.letters.push({ from, to, replyTo, subject, text, html, headers });
    return { messageId: `<${postbox.calls}@test>` };
  };
  postbox.env = { ...env, EMAIL: { send } };
  return postbox;
}

/** Sends one request to the whole service with this postbox, and waits for the work after the response. */
export async function askWith(
  postbox: Postbox,
  method: string,
  path: string,
  {
    json,
    form,
    body: raw,
    headers = {},
  }: { json?: unknown; form?: Record<string, string>; body?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  const context = createExecutionContext();
  const body = json === undefined ? (raw ?? (form && new URLSearchParams(form))) : JSON.stringify(json);
  const request = new Request(`https://catalog.test${path}`, {
    method,
    headers: {
      "CF-Connecting-IP": newAddress(),
      ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const response = await app.fetch(request, postbox.env, context);
  await waitOnExecutionContext(context);
  return response;
}
