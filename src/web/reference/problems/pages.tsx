import { PROBLEMS, type ProblemCode, problemPath } from "../../../platform/http/problem.ts";
import { CopyBlock, DataTable, ProseLine } from "../../page/kit.ts";
import { docsPage } from "../layout.tsx";
import { PROBLEM_HELP } from "./help.ts";

const CODES = Object.keys(PROBLEMS) as ProblemCode[];

/** The code that an address names: itself, or in the form of the addresses before these pages (`key-invalid`). */
export const codeNamed = (text: string): ProblemCode | null =>
  CODES.find((code) => code === text.toUpperCase().replaceAll("-", "_")) ?? null;

/** The list of all problem codes. */
export const problemListPage = (url: string): Promise<Response> =>
  docsPage({
    title: "Problem codes",
    description: "Every error code of the rbee worker catalog, with its causes and its remedy.",
    path: "/docs/problems",
    url,
    main: (
      <>
        <h1>Problem codes</h1>
        <p>
          Every error is <code>application/problem+json</code> (RFC 9457). Let programs decide by <code>code</code>: we
          never rename a code and never change its status. <code>type</code> is the address of the code's page.
        </p>
        <DataTable
          caption="Problem codes"
          quiet
          rows={CODES}
          empty="None."
          columns={[
            {
              header: "Code",
              cell: (code) => (
                <a href={problemPath(code)}>
                  <code>{code}</code>
                </a>
              ),
            },
            { header: "Status", cell: (code) => String(PROBLEMS[code].status) },
            { header: "Meaning", cell: (code) => PROBLEMS[code].title },
          ]}
        />
      </>
    ),
  });

/** The page of one problem code: its cause, its remedy, and what an answer with it looks like. */
export const problemCodePage = (code: ProblemCode, url: string): Promise<Response> => {
  const { status, title } = PROBLEMS[code];
  const { cause, remedy } = PROBLEM_HELP[code];
  const example = { type: url + problemPath(code), title, status, code, detail: "...", request_id: "..." };
  return docsPage({
    title: `${title} (${code})`,
    description: cause.replaceAll("`", ""),
    path: problemPath(code),
    url,
    main: (
      <>
        <p class="quiet">
          <a href="/docs/problems">Problem codes</a>
        </p>
        <h1>{title}</h1>
        <p>
          <code>{code}</code>, HTTP status {status}
        </p>
        <h2>Cause</h2>
        <p>
          <ProseLine text={cause} />
        </p>
        <h2>What to do</h2>
        <p>
          <ProseLine text={remedy} />
        </p>
        <h2>The answer</h2>
        <CopyBlock id="example" what="the example">
          {JSON.stringify(example, null, 2)}
        </CopyBlock>
        <p>
          <code>detail</code> explains the single case. Quote <code>request_id</code> if you ask for help.
        </p>
      </>
    ),
  });
};
