import { z } from "../../../platform/http/route.ts";
import { type Child, type FC, Notice, pathWithQuery } from "../../page/kit.ts";
import { type ConsoleContext, consolePage } from "../frame.tsx";

/** Query parameters of the redirect after an act: its name, and whether the edge copy has the change (`settle`). */
export const DoneQuery = z.object({
  done: z
    .string()
    .optional()
    .openapi({ param: { description: "The act that led here." }, example: "revoke" }),
  edge: z
    .enum(["published", "pending"])
    .optional()
    .openapi({ description: "Whether the edge copy has the change yet." }),
});

type Done = z.output<typeof DoneQuery>;

/** Redirects to `path`, which shows a notice of the act in `query`. */
export const goTo = (c: ConsoleContext, path: string, query: Done): Response =>
  c.redirect(pathWithQuery(path, query), 303);

/** The notice of an act; nothing if `text` is undefined, because no act has led here. */
export const DoneNotice: FC<{ text: string | undefined; edge?: Done["edge"] }> = ({ text, edge }) =>
  text ? (
    <>
      <Notice tone="good">{text}</Notice>
      <EdgeNotice edge={edge} />
    </>
  ) : null;

const EdgeNotice: FC<{ edge: Done["edge"] }> = ({ edge }) =>
  edge === "pending" ? (
    <Notice tone="careful">
      Downloads do not have this change yet, because the edge store does not answer. The service retries until it does.
    </Notice>
  ) : null;

/** The result of an act that no address may show, such as a secret: the answer to its form. */
type Outcome = { title: string; result: Child; edge?: Done["edge"]; link: { href: string; text: string } };

/** Answers the form of an act with its result and a link to go on. */
export const resultPage = (c: ConsoleContext, { title, result, edge, link }: Outcome): Promise<Response> =>
  consolePage(c, {
    title,
    wide: false,
    main: (
      <>
        <h1>{title}</h1>
        {result}
        <EdgeNotice edge={edge} />
        <p>
          <a href={link.href}>{link.text}</a>
        </p>
      </>
    ),
  });

type ActsProps = { path: string; acts: readonly { name: string; link: string; ends: boolean }[] };

/** Links to the acts on the thing at `path`. Those that end something for good look different. */
export const Acts: FC<ActsProps> = ({ path, acts }) => (
  <nav class="row acts" aria-label="Acts">
    {acts.map(({ name, link, ends }) => (
      <a class={ends ? "button secondary danger" : "button secondary"} href={`${path}/${name}`}>
        {link}
      </a>
    ))}
  </nav>
);
