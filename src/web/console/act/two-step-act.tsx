import type * as z from "zod";
import { PROBLEMS, Problem } from "../../../platform/http/problem.ts";
import { type Child, type FC, Notice, PostForm } from "../../page/kit.ts";
import { type ConsoleContext, consolePage } from "../frame.tsx";
import { type Entered, type FieldErrors, readForm, reasonField, type SentForm, sentForm } from "./fields.tsx";

/**
 * An act of an admin in two steps. First a form asks for the reason and the details. Then a preview shows the
 * consequences and their delay; its button carries the act out.
 */
export type TwoStepAct<Input> = {
  title: string;
  /** A line under the title: the thing that the act changes. */
  about: Child;
  /** The fields of the form; default: only the reason. */
  fields?: (entered: Entered) => Child;
  /**
   * The consequences, a sentence each, from the function that also decides the act. Throws the Problem of a refusal.
   */
  preview: (input: Input) => readonly Child[] | Promise<readonly Child[]>;
  /** Hidden fields added to the preview. They pin the act to the preview, even if the data changes meanwhile. */
  pinned?: (input: Input) => SentForm;
  /** The text of the button that carries the act out. */
  button: string;
  /** Whether it takes something away from somebody. */
  dangerous?: boolean;
  /** The address that "Cancel" leads to. */
  back: string;
  /**
   * Carries the act out and answers with a redirect or a result page. `idempotencyKey` comes from the preview: two
   * clicks on its button send the same key. Throws the Problem of a refusal.
   */
  carryOut: (input: Input, idempotencyKey: string) => Promise<Response>;
};

/** The field that marks the second step. Each preview has a new value; clicks on one preview send the same value. */
const KEY_FIELD = "idempotency_key";

/** The format of `crypto.randomUUID()`; no other value confirms. */
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The empty form of an act. */
export const askForAct = <Input,>(c: ConsoleContext, act: TwoStepAct<Input>): Promise<Response> =>
  formPage(c, act, { sent: {} });

/** Answers a sent form with its preview, and a confirmed preview with the result of the act. */
export async function answerAct<Input>(
  c: ConsoleContext,
  act: TwoStepAct<Input>,
  schema: z.ZodType<Input>,
): Promise<Response> {
  const { [KEY_FIELD]: idempotencyKey = "", ...sent } = await sentForm(c);
  const input = readForm(schema, sent);
  if (!input.ok) return formPage(c, act, { sent, errors: input.error, status: 422 });
  try {
    if (KEY.test(idempotencyKey)) return await act.carryOut(input.value, idempotencyKey);
    const consequences = await act.preview(input.value);
    return previewPage(c, act, { ...sent, ...act.pinned?.(input.value) }, consequences);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return formPage(c, act, { sent, refusal: error, status: PROBLEMS[error.code].status });
  }
}

type FormState = { sent: SentForm; errors?: FieldErrors; refusal?: Problem; status?: number };

function formPage<Input>(c: ConsoleContext, act: TwoStepAct<Input>, { sent, errors = {}, refusal, status }: FormState) {
  return consolePage(c, {
    title: act.title,
    wide: false,
    ...(status !== undefined && { status }),
    main: (
      <>
        <h1>{act.title}</h1>
        <p>{act.about}</p>
        {refusal ? <Notice tone="bad">{refusal.detail}</Notice> : null}
        {errors["form"] ? <Notice tone="bad">{errors["form"]}</Notice> : null}
        <PostForm csrf={c.var.session.csrfToken}>
          {(act.fields ?? reasonField)((name) => ({ name, value: sent[name], error: errors[name] }))}
          <Buttons back={act.back}>
            <button type="submit">Continue</button>
          </Buttons>
          <p class="hint">Nothing changes yet. The next page shows what will happen.</p>
        </PostForm>
      </>
    ),
  });
}

function previewPage<Input>(
  c: ConsoleContext,
  act: TwoStepAct<Input>,
  sent: SentForm,
  consequences: readonly Child[],
): Promise<Response> {
  return consolePage(c, {
    title: act.title,
    wide: false,
    main: (
      <>
        <h1>{act.title}?</h1>
        <p>{act.about}</p>
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
          {Object.entries({ ...sent, [KEY_FIELD]: crypto.randomUUID() }).map(([name, value]) => (
            <input type="hidden" name={name} value={value} />
          ))}
          <Buttons back={act.back}>
            <button type="submit" class={act.dangerous ? "danger" : undefined}>
              {act.button}
            </button>
          </Buttons>
        </PostForm>
      </>
    ),
  });
}

const Buttons: FC<{ back: string; children?: Child }> = ({ back, children }) => (
  <p class="row">
    {children}
    <a href={back}>Cancel</a>
  </p>
);
