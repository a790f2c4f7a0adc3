import type { NeededScope } from "../../../platform/config/scopes.ts";
import { combine, PROBLEMS, Problem, type z } from "../../../platform/http/route.ts";
import { type Child, type FC, Notice, type PageDocs, PostForm } from "../../page/kit.ts";
import { type ConsoleContext, consoleForm, consolePage, consoleView } from "../frame.tsx";
import { type Entered, type FieldErrors, readForm, reasonField, type SentForm, sentForm } from "./fields.tsx";

/**
 * An act of an admin in two steps. First a form asks for the reason and the details. Then a preview shows the
 * consequences and their delay; its button carries the act out.
 */
type TwoStepAct<Input> = {
  title: string;
  /** A line under the title: the thing that the act changes. */
  about: Child;
  /** What the act is, in a sentence or two; the form shows it. */
  meaning?: string;
  /** The fields of the form; default: only the reason. */
  fields?: (entered: Entered) => Child;
  /** The consequences, a sentence each, by the function that decides the act. Throws the Problem of a refusal. */
  preview: (input: Input) => readonly Child[] | Promise<readonly Child[]>;
  /** Hidden fields added to the preview. They pin the act to the preview, even if the data changes meanwhile. */
  pinned?: (input: Input) => SentForm | Promise<SentForm>;
  /** The text of the button that carries the act out. */
  button: string;
  /** Whether it takes something away from somebody. */
  dangerous?: boolean;
  /** The address that "Cancel" leads to. */
  back: string;
  /**
   * Carries the act out and answers with a redirect or a result page. `idempotencyKey` comes from the preview: two
   * clicks on its button send the same key. `sent` is the form without that key. Throws the Problem of a refusal.
   */
  carryOut: (input: Input, idempotencyKey: string, sent: SentForm) => Promise<Response>;
};

/** The answer to an act that an admin has done too often today (`brake`), for `answers`. */
export const BRAKED = "The form again: the admin has done this too often today.";

/** The access and documentation of an act. */
type Declared<Params extends z.ZodObject, Query extends z.ZodObject, Input> = Pick<
  PageDocs,
  "description" | "answers" | "leadsTo" | "refusals"
> & {
  scope: NeededScope;
  /** The parameters of the path. */
  params?: Params;
  /** The query of the form's address, which the form keeps. */
  query?: Query;
  /** The act as a verb phrase, for "the form to ...": `revoke a license`. */
  does: string;
  /** An example of the form. */
  example: Record<string, string>;
  /** Refusals if the thing that the path names does not exist. `refusals` are further ones of the sent form. */
  missing?: PageDocs["refusals"];
  schema: z.ZodType<Input>;
  /** The act on the thing that the path names. Throws a Problem if there is no such thing. */
  actOf: (
    c: ConsoleContext,
    params: z.output<Params> & z.output<Query>,
  ) => TwoStepAct<Input> | Promise<TwoStepAct<Input>>;
};

type None = z.ZodObject<Record<never, never>>;

/** The routes of a two-step act: `GET` shows its form; `POST` the preview, and carries it out if confirmed. */
export function actRoutes<Input, Params extends z.ZodObject = None, Query extends z.ZodObject = None>(
  path: string,
  { does, example, missing = [], schema, actOf, ...declared }: Declared<Params, Query, Input>,
): ReturnType<typeof consoleView> {
  const { description, answers, refusals = [], leadsTo, ...access } = declared;
  return combine(
    consoleView(
      path,
      { ...access, summary: `The form to ${does}`, answers: { 200: "The form." }, refusals: missing },
      async (c, params) => formPage(c, await actOf(c, params), { sent: {} }),
    ),
    consoleForm(
      path,
      {
        ...access,
        ...(leadsTo !== undefined && { leadsTo }),
        example,
        summary: `Preview, then ${does}`,
        description: ["Without `idempotency_key` it answers with a preview.", description].join(" ").trim(),
        answers: { 200: "The preview.", 422: "The form again, with its faults.", ...answers },
        refusals: [...missing, ...refusals],
      },
      async (c, params) => answerAct(c, await actOf(c, params), schema),
    ),
  );
}

/** The field that marks the second step. Each preview has a new value; clicks on one preview send the same value. */
const KEY_FIELD = "idempotency_key";

/** The format of `crypto.randomUUID()`; no other value confirms. */
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Answers a sent form with its preview, and a confirmed preview with the result of the act. */
async function answerAct<Input>(c: ConsoleContext, act: TwoStepAct<Input>, schema: z.ZodType<Input>) {
  const { [KEY_FIELD]: idempotencyKey = "", ...sent } = await sentForm(c);
  const input = readForm(schema, sent);
  if (!input.ok) return formPage(c, act, { sent, errors: input.error, status: 422 });
  try {
    if (KEY.test(idempotencyKey)) return await act.carryOut(input.value, idempotencyKey, sent);
    const consequences = await act.preview(input.value);
    return previewPage(c, act, { ...sent, ...(await act.pinned?.(input.value)) }, consequences);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return formPage(c, act, { sent, refusal: error, status: PROBLEMS[error.code].status });
  }
}

type FormState = { sent: SentForm; errors?: FieldErrors; refusal?: Problem; status?: number };

function formPage<Input>(c: ConsoleContext, act: TwoStepAct<Input>, { sent, errors = {}, refusal, status }: FormState) {
  const fault = refusal?.detail ?? errors["form"];
  const content = (
    <>
      {act.meaning === undefined ? null : <p>{act.meaning}</p>}
      {fault ? <Notice tone="bad">{fault}</Notice> : null}
      <PostForm csrf={c.var.session.csrfToken}>
        {(act.fields ?? reasonField)((name) => ({ name, value: sent[name], error: errors[name] }))}
        <Buttons back={act.back}>
          <button type="submit">Continue</button>
        </Buttons>
        <p class="hint">You'll review this before anything changes.</p>
      </PostForm>
    </>
  );
  return stepPage(c, act, act.title, content, status);
}

function previewPage<Input>(c: ConsoleContext, act: TwoStepAct<Input>, sent: SentForm, consequences: readonly Child[]) {
  const content = (
    <>
      <div class={`box ${act.dangerous ? "bad" : "careful"}`}>
        <h2>What will happen</h2>
        <ul>
          {consequences.map((sentence) => (
            <li>{sentence}</li>
          ))}
        </ul>
      </div>
      {sent["reason"] ? <blockquote>{sent["reason"]}</blockquote> : null}
      <PostForm csrf={c.var.session.csrfToken}>
        <Confirmed sent={sent} idempotencyKey={crypto.randomUUID()} />
        <Buttons back={act.back}>
          <button type="submit" class={act.dangerous ? "danger" : undefined}>
            {act.button}
          </button>
        </Buttons>
      </PostForm>
    </>
  );
  return stepPage(c, act, `${act.title}?`, content);
}

/** The hidden fields that carry an act out. The same key repeats it, and what is done already is not done again. */
export const Confirmed: FC<{ sent: SentForm; idempotencyKey: string }> = ({ sent, idempotencyKey }) => (
  <>
    {Object.entries({ ...sent, [KEY_FIELD]: idempotencyKey }).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
  </>
);

type Titled = Pick<TwoStepAct<never>, "title" | "about">;

const stepPage = (c: ConsoleContext, { title, about }: Titled, heading: string, content: Child, status = 200) =>
  consolePage(c, {
    title,
    wide: false,
    status,
    main: (
      <>
        <h1>{heading}</h1>
        <p>{about}</p>
        {content}
      </>
    ),
  });

const Buttons: FC<{ back: string; children?: Child }> = ({ back, children }) => (
  <p class="row">
    {children}
    <a href={back}>Cancel</a>
  </p>
);
