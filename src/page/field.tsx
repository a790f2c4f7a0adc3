import type { Child, FC, JSX } from "hono/jsx";

type Common = {
  name: string;
  label: string;
  /** A sentence under the label: what to enter, where to find it. */
  hint?: Child;
  /** What was wrong with what was sent. */
  error?: string | undefined;
};

type InputProps = Common & JSX.IntrinsicElements["input"];

/** A labeled input. `value` is what was sent before, so that an error loses nothing; other attributes go to the input. */
export const Field: FC<InputProps> = ({ name, label, hint, error, ...input }) => (
  <Labeled name={name} label={label} hint={hint} error={error}>
    <input id={name} name={name} {...described(name, hint, error)} {...input} />
  </Labeled>
);

/** A labeled text of several lines. */
export const TextField: FC<Common & { value?: string; rows?: number; required?: boolean; maxlength?: number }> = ({
  name,
  label,
  hint,
  error,
  value = "",
  rows = 3,
  ...area
}) => (
  <Labeled name={name} label={label} hint={hint} error={error}>
    <textarea id={name} name={name} rows={rows} {...described(name, hint, error)} {...area}>
      {value}
    </textarea>
  </Labeled>
);

/** A labeled choice. */
export const SelectField: FC<Common & { value?: string; options: readonly { value: string; text: string }[] }> = ({
  name,
  label,
  hint,
  error,
  value,
  options,
}) => (
  <Labeled name={name} label={label} hint={hint} error={error}>
    <select id={name} name={name} {...described(name, hint, error)}>
      {options.map((option) => (
        <option value={option.value} selected={option.value === value}>
          {option.text}
        </option>
      ))}
    </select>
  </Labeled>
);

/** Ties an input to its hint and error for who does not see that they stand together. */
function described(name: string, hint: Child, error: string | undefined) {
  const ids = [...(hint ? [`${name}-hint`] : []), ...(error === undefined ? [] : [`${name}-error`])];
  return {
    ...(ids.length > 0 && { "aria-describedby": ids.join(" ") }),
    ...(error !== undefined && { "aria-invalid": "true" as const }),
  };
}

const Labeled: FC<Common & { children: Child }> = ({ name, label, hint, error, children }) => (
  <div class="field">
    <label for={name}>{label}</label>
    {hint ? (
      <p class="hint" id={`${name}-hint`}>
        {hint}
      </p>
    ) : null}
    {children}
    {error === undefined ? null : (
      <p class="error" id={`${name}-error`} role="alert">
        {error}
      </p>
    )}
  </div>
);
