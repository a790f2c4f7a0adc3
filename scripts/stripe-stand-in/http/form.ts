import { ApiError } from "../api-error.ts";

/** A value of a form: text, or a list or group made with brackets. */
export type FormValue = string | FormValue[] | { [key: string]: FormValue };
export type FormObject = { [key: string]: FormValue };

type Draft = Map<string, Draft | string>;

/**
 * Parses `a[b][0]=c` into `{a: {b: ["c"]}}`, like Stripe's API. `a[]=x` appends. Throws `ApiError` for a malformed
 * name, or a name that is both a value and a group.
 */
export function parseForm(text: string): FormObject {
  const root: Draft = new Map();
  for (const [name, value] of new URLSearchParams(text)) {
    const keys = splitName(name);
    let draft = root;
    for (const [index, key] of keys.entries()) {
      const place = key === "" ? String(draft.size) : key;
      if (index === keys.length - 1) {
        draft.set(place, value);
        continue;
      }
      const next = draft.get(place) ?? new Map();
      if (typeof next === "string") throw new ApiError({ message: `Invalid parameter name: ${name}`, param: name });
      draft.set(place, next);
      draft = next;
    }
  }
  return objectOf(root);
}

function splitName(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (!match?.[1]) throw new ApiError({ message: `Invalid parameter name: ${name}`, param: name });
  return [match[1], ...[...(match[2] ?? "").matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1] ?? "")];
}

const objectOf = (draft: Draft): FormObject =>
  Object.fromEntries([...draft].map(([key, value]) => [key, typeof value === "string" ? value : groupOf(value)]));

/** A group with the names 0, 1, ... is a list. */
function groupOf(draft: Draft): FormValue {
  const isList = [...draft.keys()].every((key, index) => key === String(index));
  const object = objectOf(draft);
  return isList ? Object.values(object) : object;
}
