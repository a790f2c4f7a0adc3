import { licensingSecrets } from "../../../domain/licensing/secrets.ts";
import {
  chooseTopics,
  findPreference,
  type Preference,
  readOptOuts,
  TOPICS,
} from "../../../domain/mail/preferences.ts";
import { createRouter, jsonBodyLimit, z } from "../../../platform/http/route.ts";
import type { AppContext } from "../../../platform/http/router.ts";
import type { MailTopic } from "../../../platform/storage/mail-outbox.ts";
import { CheckField, formBody, Notice, PostForm, page, pageRoute, SiteHeader } from "../../page/kit.ts";
import { accountForm, accountPage, accountRouter, accountView, type Visitor } from "../frame.tsx";

/** The topics in words: a name, and the use of its mails. */
const TOPIC_WORDS: Record<MailTopic, { name: string; use: string }> = {
  renewals: { name: "Receipts of renewals", use: "after each payment of a subscription" },
  reminders: { name: "Reminders", use: "seven days before a license without a subscription ends" },
};

/** `GET` and `POST /emails/{token}`: turn a topic off by the link in a mail, without a sign-in. */
export const emailLink = createRouter();

const PATH = "/emails/{token}";

const params = z.object({
  token: z.string().openapi({
    description: "The token of the link.",
    example: "mail_06b4m2v8w5r7q1t3x9z2k4n6p8-kJ3mXw9QyA0h5sN2vLr8Tz",
  }),
});

const DEAD_LINK_ANSWERS = {
  403: "This link is not valid.",
  410: "The mail of this link is more than 400 days old.",
};

emailLink.openapi(
  pageRoute("get", PATH, {
    request: { params },
    summary: "Follow the link in a mail that turns such emails off",
    description: "A page with one button. The visit changes nothing, so mail scanners may follow it.",
    answers: { 200: "The page with the button.", ...DEAD_LINK_ANSWERS },
  }),
  async (c) => {
    const found = await preferenceOf(c, c.req.valid("param").token);
    if (typeof found === "string") return deadPage(found);
    return choicePage(found, !(await readOptOuts(c.env.DB, found.email)).has(found.topic));
  },
);

emailLink.openapi(
  pageRoute("post", PATH, {
    request: { params },
    middleware: [jsonBodyLimit],
    summary: "Turn emails of one topic off, or on again",
    description:
      "For the button of the page, and for mail programs (RFC 8058, `List-Unsubscribe=One-Click`, also as multipart). It needs " +
      "no cookie and does not redirect. With `choice=on` the mails come again; without it they are turned off. Idempotent.",
    answers: { 200: "The choice, with a button that undoes it.", ...DEAD_LINK_ANSWERS },
    refusals: ["PAYLOAD_TOO_LARGE"],
  }),
  async (c) => {
    const found = await preferenceOf(c, c.req.valid("param").token);
    if (typeof found === "string") return deadPage(found);
    const form = await c.req.parseBody().catch((): Record<string, unknown> => ({}));
    const isOn = form["choice"] === "on";
    await chooseTopics(c.env.DB, found.email, { [found.topic]: isOn }, c.var.now);
    return choicePage(found, isOn);
  },
);

async function preferenceOf(c: AppContext, token: string): Promise<Preference | "forged" | "forgotten"> {
  const { keySecret } = await licensingSecrets(c.var.config);
  return findPreference(c.env.DB, token, keySecret);
}

const choicePage = ({ topic }: Preference, isOn: boolean): Promise<Response> => {
  const { name, use } = TOPIC_WORDS[topic];
  return page({
    title: "Your emails",
    header: <SiteHeader current="/account" />,
    main: (
      <>
        <h1>{isOn ? `Turn off ${name.toLowerCase()}?` : `${name} are turned off`}</h1>
        <p>
          {isOn
            ? `You get these emails ${use}.`
            : "We no longer send these emails to your address. Emails about changes of your licenses still arrive."}
        </p>
        <PostForm csrf={null}>
          <input type="hidden" name="choice" value={isOn ? "off" : "on"} />
          <button type="submit" class={isOn ? undefined : "secondary"}>
            {isOn ? "Turn them off" : "Turn them on again"}
          </button>
        </PostForm>
        <p class="quiet">
          All choices are <a href="/account/emails">in your account</a>.
        </p>
      </>
    ),
  });
};

const deadPage = (why: "forged" | "forgotten"): Promise<Response> =>
  page({
    title: "Your emails",
    status: why === "forged" ? 403 : 410,
    header: <SiteHeader current="/account" />,
    main: (
      <>
        <h1>{why === "forged" ? "This link isn't valid" : "This link is too old"}</h1>
        <p>
          Did you copy the whole link? You can also choose your emails <a href="/account/emails">in your account</a>.
        </p>
      </>
    ),
  });

/** `GET` and `POST /account/emails`. */
export const emails = accountRouter();

emails.openapi(
  accountView("/account/emails", {
    request: { query: z.object({ done: z.string().optional().openapi({ description: "The act to confirm." }) }) },
    summary: "Choose the emails that you get",
    answers: { 200: "The topics that can be turned off." },
  }),
  async (c) => {
    const { by } = c.var.session;
    if (by.kind !== "mail") return emailsPage(c.var.session, null, false);
    const off = await readOptOuts(c.env.DB, by.subject);
    return emailsPage(c.var.session, off, c.req.valid("query").done === "saved");
  },
);

emails.openapi(
  accountForm("/account/emails", {
    request: { body: formBody({ renewals: "yes", reminders: "yes" }) },
    summary: "Save the emails that you get",
    description: "Needs a sign-in by mail. A topic that is not sent is turned off.",
    answers: { 200: "The page again, with the step that is missing." },
    leadsTo: "The page, with a confirmation.",
  }),
  async (c) => {
    const { by } = c.var.session;
    if (by.kind !== "mail") return emailsPage(c.var.session, null, false);
    const sent = c.req.valid("form");
    const choices = Object.fromEntries(TOPICS.map((topic) => [topic, sent[topic] === "yes"]));
    await chooseTopics(c.env.DB, by.subject, choices, c.var.now);
    return c.redirect("/account/emails?done=saved", 303);
  },
);

/** The page with the choices. `off` null: others may have the key, so only a sign-in by mail may choose. */
const emailsPage = (visitor: Visitor, off: ReadonlySet<MailTopic> | null, isSaved: boolean): Promise<Response> =>
  accountPage({
    visitor,
    title: "Your emails",
    main: (
      <>
        <h1>Your emails</h1>
        {isSaved ? <Notice tone="good">Saved.</Notice> : null}
        <p>
          We always email you about your keys, about payments that need you, and about each change of a license: when it
          starts, stops, works again or covers another number of machines.
        </p>
        {off === null ? (
          <p>
            To choose the rest, <a href="/recover">sign in with an emailed link</a>. Others may have your key, so a key
            isn't enough.
          </p>
        ) : (
          <PostForm action="/account/emails" csrf={visitor.csrfToken}>
            {TOPICS.map((topic) => (
              <CheckField name={topic} checked={!off.has(topic)}>
                {TOPIC_WORDS[topic].name}, {TOPIC_WORDS[topic].use}
              </CheckField>
            ))}
            <button type="submit">Save</button>
          </PostForm>
        )}
      </>
    ),
  });
