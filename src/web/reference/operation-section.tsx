import type { OpenApiDocument } from "../../platform/http/openapi.ts";
import { PROBLEMS, type ProblemCode, problemPath } from "../../platform/http/problem.ts";
import { type FC, Prose, ProseLine } from "../page/kit.ts";
import { Example, FieldList, isShownAsObject, type Objects, Shape, TypeWords } from "./fields.tsx";
import {
  answersOf,
  type Body,
  bodyOf,
  type Group,
  groupPath,
  objectsPath,
  type PlacedOperation,
  parametersOf,
} from "./operations.ts";
import { sampleCall } from "./samples/call.ts";
import { LANGUAGE_NAMES, LANGUAGES, type Language } from "./samples/language.ts";
import { type AnySchema, exampleOf, typeOf } from "./schema.ts";

type Props = { document: OpenApiDocument; group: Group; placed: PlacedOperation; language: Language };

/** An operation: its description, credential, parameters, body and answers, with a sample call beside them. */
export const OperationSection: FC<Props> = ({ document, group, placed, language }) => {
  const { method, path, operation } = placed;
  const objects = { schemas: document.components?.schemas ?? {}, page: objectsPath(group) };
  return (
    <article id={operation.operationId} class="operation">
      <div>
        <h2>
          <a href={`#${operation.operationId}`}>{operation.summary}</a>
        </h2>
        <p class="endpoint">
          <span class={`method ${method}`}>{method.toUpperCase()}</span> <code>{path}</code>
        </p>
        <Prose text={operation.description ?? ""} />
        <Credential placed={placed} />
        <Parameters objects={objects} placed={placed} />
        {Object.entries(bodyOf(placed).content ?? {}).map(([type, { schema }]) => (
          <>
            <h3>
              Body <span class="quiet">{type}</span>
            </h3>
            {schema ? <Shape objects={objects} schema={schema} /> : null}
          </>
        ))}
        <h3>Answers</h3>
        <Answers objects={objects} answers={answersOf(placed)} />
      </div>
      <Sample document={document} group={group} placed={placed} language={language} />
    </article>
  );
};

const Credential: FC<{ placed: PlacedOperation }> = ({ placed: { operation } }) => {
  const schemes = (operation.security ?? []).flatMap((one) => Object.entries(one));
  const scopes = schemes.flatMap(([, names]) => names);
  if (schemes.length === 0) return null;
  if (scopes.length > 0)
    return (
      <p class="quiet">
        Needs an admin token with the scope <ProseLine text={scopes.map((name) => `\`${name}\``).join(", ")} />.
      </p>
    );
  const isAdmin = schemes.some(([name]) => name === "admin_token");
  return <p class="quiet">{isAdmin ? "Needs an admin token." : "Needs a license key or license token."}</p>;
};

const Parameters: FC<{ objects: Objects; placed: PlacedOperation }> = ({ objects, placed }) => {
  const fields = parametersOf(placed).map(({ name, in: where, required = false, description = "", schema = {} }) => ({
    path: name,
    type: `${typeOf(objects.schemas, schema as AnySchema)}, in ${where}`,
    required,
    description,
  }));
  return fields.length === 0 ? null : (
    <>
      <h3>Parameters</h3>
      <FieldList objects={objects} fields={fields} />
    </>
  );
};

/** The codes in an answer's description, as `problems()` writes it. */
const codesIn = ({ description = "" }: Body): ProblemCode[] =>
  [...description.matchAll(/^`([A-Z_]+)`:/gm)].flatMap(([, code]) =>
    code !== undefined && code in PROBLEMS ? [code as ProblemCode] : [],
  );

type AnswersProps = { objects: Objects; answers: readonly [status: string, answer: Body][] };

/** The answers that are no problem, and the problems in one line. */
const Answers: FC<AnswersProps> = ({ objects, answers }) => {
  const refused = answers.filter(([, answer]) => codesIn(answer).length > 0);
  const others = answers.filter((one) => !refused.includes(one));
  return (
    <dl class="answers">
      {others.map(([status, answer]) => (
        <Answer objects={objects} status={status} answer={answer} />
      ))}
      <div>
        <dt>Errors</dt>
        <dd class="errors">
          {refused.map(([status, answer]) => (
            <span>
              {status}{" "}
              {codesIn(answer).map((code) => (
                <>
                  <a href={problemPath(code)}>{code}</a>{" "}
                </>
              ))}
            </span>
          ))}
        </dd>
      </div>
    </dl>
  );
};

const Answer: FC<{ objects: Objects; status: string; answer: Body }> = ({ objects, status, answer }) => {
  const [type, media] = Object.entries(answer.content ?? {})[0] ?? [];
  return (
    <div>
      <dt>{status}</dt>
      <dd>
        <ProseLine text={answer.description ?? ""} />{" "}
        {type !== undefined && media?.schema ? (
          <AnswerBody objects={objects} type={type} schema={media.schema} given={media.example} />
        ) : null}
      </dd>
    </div>
  );
};

const AnswerBody: FC<{ objects: Objects; type: string; schema: AnySchema; given: unknown }> = (props) => {
  const { objects, type, schema, given } = props;
  const { schemas } = objects;
  return (
    <>
      <TypeWords objects={objects} type={typeOf(schemas, schema)} />
      {given === undefined && isShownAsObject(schemas, schema) ? null : (
        <Example value={given ?? exampleOf(schemas, schema)} type={type} />
      )}
    </>
  );
};

/** The sample in one language. The other languages are links, so that a page has one sample of each operation only. */
const Sample: FC<Props> = ({ document, group, placed, language }) => {
  const id = placed.operation.operationId ?? "";
  return (
    <div class="sample">
      <p class="languages">
        {LANGUAGE_NAMES.map((name) => (
          <a
            href={`${groupPath(group)}${name === LANGUAGE_NAMES[0] ? "" : `?lang=${name}`}#${id}`}
            aria-current={name === language ? "true" : undefined}
          >
            {LANGUAGES[name].name}
          </a>
        ))}
      </p>
      <div class="copy">
        <pre tabindex={0}>
          <code id={`sample-${id}`}>{LANGUAGES[language].sampleOf(sampleCall(document, placed))}</code>
        </pre>
        <button type="button" data-copy={`sample-${id}`} aria-live="polite" hidden>
          Copy<span class="unseen"> the sample</span>
        </button>
      </div>
    </div>
  );
};
