import type * as z from "zod";
import { PROBLEMS, Problem } from "../../../platform/http/problem.ts";
import { type Child, type FC, Notice, PostForm } from "../../page/kit.ts";
import { type ConsoleContext, consolePage } from "../frame.tsx";
import { type Entered, type FieldErrors, type ONLY_REASON, readForm, type SentForm, sentForm } from "./fields.tsx";

/**
 * Something an admin does in two steps: a form says what and why; then a page says what it will do and how soon, and only its
 * button does it.
 */
export type TwoStepAct<Input> = {
  title: string;
  /** To what, in a line under the title. */
  about: Child;
  schema: z.ZodType<Input>;
  /** The form's fields. */
  fields: (entered: Entered) => Child;
  /** What it will do, a sentence each, by the function that decides about it. Throws the problem that would refuse it. */
  preview: (input: Input) => readonly Child[] | Promise<readonly Child[]>;
  /** Fields that its button sends beside what was entered, so that it does what was previewed whatever changes meanwhile. */
  pinned?: (input: Input) => SentForm;
  /** What the button says that does it. */
  button: string;
  /** Whether it takes something away from somebody. */
  dangerous?: boolean;
  /** Where "Cancel" leads. */
  back: string;
  /**
   * Does it and says where to go or what came of it. `idempotencyKey` is the preview's, for what must not be done twice by a
   * button that is pressed twice. Throws what refuses it.
   */
  carryOut: (input: Input, idempotencyKey: string) => Promise<Response>;
};

/** An act whose form asks only for a reason: spread `ONLY_REASON` into it. */
export type ReasonAct = TwoStepAct<z.output<typeof ONLY_REASON.schema>>;

/** The field that tells the second step from the first: new for each preview, the same however often its button is pressed. */
const KEY_FIELD = "idempotency_key";

/** What `crypto.randomUUID` makes: nothing else confirms. */
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The form of an act, empty. */
export const askForAct = <Input,>(c: ConsoleContext, act: TwoStepAct<Input>): Promise<Response> =>
  formPage(c, act, { sent: {} });

/** Answers the form of an act with its preview, and the preview's button with what the act comes to. */
export async function answerAct<Input>(c: ConsoleContext, act: TwoStepAct<Input>): Promise<Response> {
  const { [KEY_FIELD]: idempotencyKey = "", ...sent } = await sentForm(c);
  const input = readForm(act.schema, sent);
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
          {act.fields((name) => ({ name, value: sent[name], error: errors[name] }))}
          <Buttons back={act.back}>
            <button type="submit">Continue</button>
          </Buttons>
          <p class="hint">Nothing happens yet: the next page says what will.</p>
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
