import type { OpenApiDocument } from "../../platform/http/openapi.ts";
import type { FC } from "../page/kit.ts";
import { ProseLine } from "../page/kit.ts";
import { ObjectList, objectsOf } from "./fields.tsx";
import { docsPage, PAGES_SLUG } from "./layout.tsx";
import { OperationSection } from "./operation-section.tsx";
import {
  answersOf,
  type Body,
  bodyOf,
  type FullGroup,
  groupPath,
  groupsOf,
  objectsPath,
  type PlacedOperation,
} from "./operations.ts";
import type { Language } from "./samples/language.ts";
import type { AnySchema } from "./schema.ts";

/** The page of a group's operations, with samples in `language`. Null: the document has no such group. */
export function groupPage(
  document: OpenApiDocument,
  slug: string,
  language: Language,
  url: string,
): Promise<Response> | null {
  const groups = groupsOf(document);
  const group = groups.find((one) => one.slug === slug);
  if (!group) return null;
  return docsPage({
    title: `${group.name}: API reference`,
    description: `${group.description} Operations of the API of the rbee worker catalog, with samples.`,
    path: groupPath(group),
    url,
    groups,
    main: (
      <>
        <h1>{group.name}</h1>
        <p class="lead">{group.description}</p>
        {group.slug === PAGES_SLUG ? (
          <PageList operations={group.operations} />
        ) : (
          <Operations document={document} group={group} language={language} />
        )}
      </>
    ),
  });
}

type OperationsProps = { document: OpenApiDocument; group: FullGroup; language: Language };

const Operations: FC<OperationsProps> = ({ document, group, language }) => (
  <>
    {objectsIn(document, group).length === 0 ? null : (
      <p>
        <a href={objectsPath(group)}>Objects of these operations</a>
      </p>
    )}
    {group.operations.map((placed) => (
      <OperationSection document={document} group={group} placed={placed} language={language} />
    ))}
  </>
);

/** The page of the objects that a group's operations take and answer. Null: there is no such group, or no object. */
export function objectsPage(document: OpenApiDocument, slug: string, url: string): Promise<Response> | null {
  const groups = groupsOf(document);
  const group = groups.find((one) => one.slug === slug);
  const names = group ? objectsIn(document, group) : [];
  if (!group || names.length === 0) return null;
  return docsPage({
    title: `${group.name}, objects: API reference`,
    description: `The objects that the operations of ${group.name} take and answer.`,
    path: objectsPath(group),
    url,
    groups,
    main: (
      <>
        <h1>{group.name}: objects</h1>
        <p>
          The bodies and answers of the <a href={groupPath(group)}>operations</a>, in the order of the alphabet.
        </p>
        <ObjectList
          objects={{ schemas: document.components?.schemas ?? {}, page: "" }}
          names={names}
          answers={group.operations.flatMap(answerSchemas)}
        />
      </>
    ),
  });
}

const objectsIn = (document: OpenApiDocument, { operations }: FullGroup): string[] =>
  objectsOf(document.components?.schemas ?? {}, [
    ...operations.flatMap(answerSchemas),
    ...operations.flatMap(bodySchemas),
  ]);

const schemasIn = ({ content = {} }: Body): AnySchema[] =>
  Object.values(content).flatMap(({ schema }) => (schema ? [schema] : []));

const bodySchemas = (placed: PlacedOperation): AnySchema[] => schemasIn(bodyOf(placed));

/** The schemas of an operation's successful answers. */
const answerSchemas = (placed: PlacedOperation): AnySchema[] =>
  answersOf(placed).flatMap(([status, answer]) => (status < "400" ? schemasIn(answer) : []));

/** Pages for browsers in a list: their addresses and meanings. */
const PageList: FC<{ operations: readonly PlacedOperation[] }> = ({ operations }) => (
  <dl class="fields">
    {operations.map(({ method, path, operation }) => (
      <div id={operation.operationId}>
        <dt>
          <code>
            {method.toUpperCase()} {path}
          </code>{" "}
          {operation.summary}
        </dt>
        {operation.description === undefined ? null : (
          <dd>
            <ProseLine text={operation.description} />
          </dd>
        )}
      </div>
    ))}
  </dl>
);
