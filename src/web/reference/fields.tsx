import type { OpenApiDocument } from "../../platform/http/openapi.ts";
import { type FC, ProseLine } from "../page/kit.ts";
import { type AnySchema, exampleOf, type Field, fieldsOf, hasMembers, nameOf, referencesOf, typeOf } from "./schema.ts";

export type Schemas = NonNullable<NonNullable<OpenApiDocument["components"]>["schemas"]>;

/** The named objects of the document, and the path of the page that describes those of a group. */
export type Objects = { schemas: Schemas; page: string };

/** The anchor of a named object in a page. Ids of operations have no hyphen, so the two never meet. */
const objectAnchor = (name: string): string => `object-${name}`;

/** Whether the reference describes the component with this name on its own. */
const isObject = (schemas: Schemas, name: string): boolean => {
  const schema = schemas[name];
  return schema !== undefined && hasMembers(schemas, schema);
};

/** A type in words, such as `array of Machine`. Named objects are links to their description. */
export const TypeWords: FC<{ objects: Objects; type: string }> = ({ objects, type }) => (
  <>
    {type
      .split(/\b/)
      .map((part) =>
        isObject(objects.schemas, part) ? <a href={`${objects.page}#${objectAnchor(part)}`}>{part}</a> : part,
      )}
  </>
);

/** A list of parameters or members: each with its type and meaning. */
export const FieldList: FC<{ objects: Objects; fields: readonly Field[] }> = ({ objects, fields }) => (
  <dl class="fields">
    {fields.map(({ path, type, required, description }) => (
      <div>
        <dt>
          <code>{path}</code>{" "}
          <span class="quiet">
            <TypeWords objects={objects} type={type} />
            {required ? "" : ", optional"}
          </span>
        </dt>
        {description === "" ? null : (
          <dd>
            <ProseLine text={description} />
          </dd>
        )}
      </div>
    ))}
  </dl>
);

/** The body of a request or an answer: links to its named objects, or its members. */
export const Shape: FC<{ objects: Objects; schema: AnySchema }> = ({ objects, schema }) => {
  const { schemas } = objects;
  const type = typeOf(schemas, schema);
  const fields = fieldsOf(schemas, schema);
  const isNamed = type.split(/\b/).some((part) => isObject(schemas, part));
  if (isNamed || fields.length === 0)
    return (
      <p class="quiet">
        <TypeWords objects={objects} type={type} />
      </p>
    );
  return <FieldList objects={objects} fields={fields} />;
};

/** The named objects that `roots` name, and those that they name in turn, in the order of the alphabet. */
export function objectsOf(schemas: Schemas, roots: readonly AnySchema[]): string[] {
  const names = new Set(roots.flatMap(referencesOf));
  for (const name of names) for (const other of referencesOf(schemas[name])) names.add(other);
  return [...names].filter((name) => isObject(schemas, name)).sort();
}

type ObjectListProps = { objects: Objects; names: readonly string[]; answers: readonly AnySchema[] };

/** The named objects of a page, each with its members. One that is a whole answer has an example. */
export const ObjectList: FC<ObjectListProps> = ({ objects, names, answers }) => {
  const { schemas } = objects;
  const whole = new Set(answers.map(nameOf));
  return (
    <>
      {names.map((name) => {
        const schema = schemas[name] ?? {};
        return (
          <section class="object" id={objectAnchor(name)}>
            <h2>{name}</h2>
            <FieldList objects={objects} fields={fieldsOf(schemas, schema)} />
            {whole.has(name) ? <Example value={exampleOf(schemas, schema)} /> : null}
          </section>
        );
      })}
    </>
  );
};

/** A folded example of a body. `type` is its media type, if it is not JSON. */
export const Example: FC<{ value: unknown; type?: string }> = ({ value, type }) => (
  <details>
    <summary>Example{type === undefined ? "" : `: ${type}`}</summary>
    <pre tabindex={0}>
      <code>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</code>
    </pre>
  </details>
);

/** Whether `ObjectList` shows an example of this schema. */
export const isShownAsObject = (schemas: Schemas, schema: AnySchema): boolean =>
  isObject(schemas, nameOf(schema) ?? "");
