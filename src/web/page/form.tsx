import type { Child, FC, JSX, PropsWithChildren } from "hono/jsx";
import { CSRF_FIELD } from "../../platform/identity/session/session.ts";

/** `csrf`: the CSRF token of the session that the form acts in; null without a session. */
type FormProps = PropsWithChildren<{ action?: string; csrf: string | null; class?: string }>;

/** A form that changes something. Answer it with a redirect (303), or with the same page and its errors. */
export const PostForm: FC<FormProps> = ({ csrf, children, ...form }) => (
  <form method="post" {...form}>
    {csrf === null ? null : <input type="hidden" name={CSRF_FIELD} value={csrf} />}
    {children}
  </form>
);

type Common = {
  name: string;
  /** Needed if a page has several fields of this name; default: the name. */
  id?: string;
  label: string;
  /** A sentence under the label with help for the value. */
  hint?: Child;
  /** The fault of the value that was sent. */
  error?: string | undefined;
};

type InputProps = Common & Omit<JSX.IntrinsicElements["input"], keyof Common>;

/** A labeled input with the value that was sent, so that an error loses no input. Other props go to the `<input>`. */
export const Field: FC<InputProps> = ({ name, id = name, label, hint, error, ...input }) => (
  <Labeled id={id} label={label} hint={hint} error={error}>
    <input id={id} name={name} {...described(id, hint, error)} {...input} />
  </Labeled>
);

type TextProps = Common & { value?: string | undefined; rows?: number; required?: boolean; maxlength?: number };

/** A labeled text of several lines. */
export const TextField: FC<TextProps> = ({ name, id = name, label, hint, error, value = "", rows = 3, ...area }) => (
  <Labeled id={id} label={label} hint={hint} error={error}>
    <textarea id={id} name={name} rows={rows} {...described(id, hint, error)} {...area}>
      {value}
    </textarea>
  </Labeled>
);

type SelectProps = Common & { value?: string | undefined; options: readonly { value: string; text: string }[] };

/** A labeled choice. */
export const SelectField: FC<SelectProps> = ({ name, id = name, label, hint, error, value, options }) => (
  <Labeled id={id} label={label} hint={hint} error={error}>
    <select id={id} name={name} {...described(id, hint, error)}>
      {options.map((option) => (
        <option value={option.value} selected={option.value === value}>
          {option.text}
        </option>
      ))}
    </select>
  </Labeled>
);

/** A box to tick, labeled by its children. It sends `yes`. */
export const CheckField: FC<PropsWithChildren<{ name: string; checked: boolean }>> = ({ name, checked, children }) => (
  <p>
    <label>
      <input type="checkbox" name={name} value="yes" checked={checked} /> {children}
    </label>
  </p>
);

type FilterProps = PropsWithChildren<{ action: string; isFiltered?: boolean }>;

/** The form that filters a list. If the list is filtered, it also links to the whole list. */
export const FilterForm: FC<FilterProps> = ({ action, isFiltered = false, children }) => (
  <form method="get" action={action} class="filters">
    {children}
    <button type="submit" class="secondary">
      Show
    </button>
    {isFiltered ? <a href={action}>Show all</a> : null}
  </form>
);

type Choice = { name: string; label: string; value: string | undefined; options: { value: string; text: string }[] };

/** A choice in a filter; its default is "Any". */
export const FilterSelect: FC<Choice> = ({ name, label, value = "", options }) => (
  <SelectField name={name} label={label} value={value} options={[{ value: "", text: "Any" }, ...options]} />
);

/** Ties an input to its hint and its error, for screen readers. */
function described(id: string, hint: Child, error: string | undefined) {
  const ids = [...(hint ? [`${id}-hint`] : []), ...(error === undefined ? [] : [`${id}-error`])];
  return {
    ...(ids.length > 0 && { "aria-describedby": ids.join(" ") }),
    ...(error !== undefined && { "aria-invalid": "true" as const }),
  };
}

const Labeled: FC<Omit<Common, "name"> & { id: string; children: Child }> = ({ id, label, hint, error, children }) => (
  <div class="field">
    <label for={id}>{label}</label>
    {hint ? (
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
    ) : null}
    {children}
    {error === undefined ? null : (
      <p class="error" id={`${id}-error`} role="alert">
        {error}
      </p>
    )}
  </div>
);
