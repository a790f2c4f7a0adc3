import type { OpenApiDocument } from "../../platform/http/openapi.ts";
import { PROBLEMS, type ProblemCode, problemPath } from "../../platform/http/problem.ts";
import { CopyBlock, type FC, Prose } from "../page/kit.ts";
import { docsPage, PAGES_SLUG } from "./layout.tsx";
import {
  type FullGroup,
  formerAnchor,
  groupPath,
  groupsOf,
  operationPath,
  type PlacedOperation,
} from "./operations.ts";

/** The first page of the reference: the rules of all operations, and every operation by its group. */
export const indexPage = (document: OpenApiDocument, url: string): Promise<Response> => {
  const groups = groupsOf(document);
  return docsPage({
    title: "API reference",
    description: "Every operation of the rbee worker catalog's API, with samples in curl, TypeScript, Python and Rust.",
    path: "/docs",
    url,
    groups,
    main: (
      <>
        <h1>API reference</h1>
        <Prose text={document.info.description ?? ""} />
        <p>Every operation is relative to this address. Try it without a credential:</p>
        <CopyBlock id="first-call" what="a first call">{`curl '${url}/v1/workers'`}</CopyBlock>
        <p>
          <a href="/openapi.json">openapi.json</a> describes the same operations in OpenAPI 3.1 for generators of
          clients.
        </p>
        {groups.map((group) => (
          <section>
            <h2 id={group.slug}>
              <a href={groupPath(group)}>{group.name}</a>
            </h2>
            <p>{group.description}</p>
            {group.slug === PAGES_SLUG ? null : <OperationList group={group} />}
          </section>
        ))}
        <section>
          <h2 id="problems">
            <a href="/docs/problems">Problem codes</a>
          </h2>
          <p>Every error has a stable code. Each code has a page with its causes and its remedy.</p>
          <ul class="codes">
            {Object.keys(PROBLEMS).map((code) => (
              <li id={`problem-${code}`}>
                <CodeLink code={code} />
              </li>
            ))}
          </ul>
        </section>
      </>
    ),
  });
};

const CodeLink: FC<{ code: string }> = ({ code }) => (
  <a href={problemPath(code as ProblemCode)}>
    <code>{code}</code>
  </a>
);

const OperationList: FC<{ group: FullGroup }> = ({ group }) => (
  <ul class="operations">
    {group.operations.map((placed) => (
      // The anchor of the time when the reference was one page.
      <li id={formerAnchor(placed)}>
        <a href={operationPath(group, placed)}>{placed.operation.summary}</a> <Endpoint placed={placed} />
      </li>
    ))}
  </ul>
);

const Endpoint: FC<{ placed: PlacedOperation }> = ({ placed: { method, path } }) => (
  <code class="quiet">
    {method.toUpperCase()} {path}
  </code>
);

/** The operations and problem codes that have each word of `filter` in their names. */
export function searchPage(document: OpenApiDocument, filter: string, url: string): Promise<Response> {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  const groups = groupsOf(document);
  const found = groups
    .map((group) => ({
      ...group,
      operations: group.operations.filter(({ method, path, operation }) =>
        has(`${method} ${path} ${operation.summary} ${operation.operationId} ${group.name}`),
      ),
    }))
    .filter(({ operations }) => operations.length > 0);
  const codes = Object.entries(PROBLEMS).filter(([code, { title }]) => has(`${code} ${title}`));
  return docsPage({
    title: `Search: ${filter}`,
    description: "",
    path: "/docs",
    url,
    groups,
    filter,
    isIndexed: false,
    main: (
      <>
        <h1>Results for “{filter}”</h1>
        {found.length + codes.length === 0 ? (
          <p>
            No operation matches. Try a shorter word, or <a href="/docs">see all operations</a>.
          </p>
        ) : null}
        {found.map((group) => (
          <section>
            <h2>{group.name}</h2>
            <ul class="operations">
              {group.operations.map((placed) => (
                <li>
                  <a href={operationPath(group, placed)}>{placed.operation.summary}</a> <Endpoint placed={placed} />
                </li>
              ))}
            </ul>
          </section>
        ))}
        {codes.length === 0 ? null : (
          <section>
            <h2>Problem codes</h2>
            <ul class="codes">
              {codes.map(([code]) => (
                <li>
                  <CodeLink code={code} />
                </li>
              ))}
            </ul>
          </section>
        )}
      </>
    ),
  });
}
