import { type Child, type FC, page, SiteHeader } from "../page/kit.ts";
import { type FullGroup, GROUPS, type Group, groupPath, objectsPath, operationPath } from "./operations.ts";

/** The style sheet of the reference alone, after that of all pages. */
export const REFERENCE_STYLE_PATH = "/docs/style.css";

/** The page that lists every operation. Other pages list those of their own group, because all weigh 16 KiB. */
const OVERVIEW = "/docs";

/** The group of pages for browsers: 140 operations that no program calls, so the navigation does not list them. */
export const PAGES_SLUG = "pages";

type DocsPage = {
  title: string;
  description: string;
  /** The path of this page. */
  path: string;
  /** The catalog's public address. */
  url: string;
  /** The groups with their operations, for the navigation. Without them, it lists the groups alone. */
  groups?: readonly FullGroup[] | undefined;
  /** The text that the operations are filtered by. */
  filter?: string | undefined;
  /** False: search engines should not index the page. */
  isIndexed?: boolean;
  main: Child;
};

/** A page of the reference: the site's header, the navigation, and `main` beside it. */
export const docsPage = ({ title, description, path, url, groups, filter, isIndexed, main }: DocsPage) =>
  page({
    title,
    wide: true,
    header: <SiteHeader current="/docs" />,
    styles: [REFERENCE_STYLE_PATH],
    ...(isIndexed === false ? {} : { publicPage: { description, url: url + path } }),
    main: (
      <div class="docs">
        <Navigation path={path} groups={groups} filter={filter} />
        <div class="docs-main">{main}</div>
      </div>
    ),
  });

const Navigation: FC<Pick<DocsPage, "path" | "groups" | "filter">> = ({ path, groups, filter = "" }) => (
  <nav class="docs-nav" aria-label="API reference">
    <form action="/docs" method="get">
      <label class="unseen" for="docs-filter">
        Filter the operations
      </label>
      <input
        id="docs-filter"
        type="search"
        name="q"
        value={filter}
        maxlength={60}
        placeholder="Filter operations"
        data-filter={path === OVERVIEW ? "docs-contents" : undefined}
      />
    </form>
    <ul id="docs-contents">
      <Entry href={OVERVIEW} text="Overview" path={path} />
      {(groups ?? GROUPS).map((group) => (
        <GroupEntry group={group} path={path} />
      ))}
      <Entry href="/docs/problems" text="Problem codes" path={path} />
    </ul>
  </nav>
);

const Entry: FC<{ href: string; text: string; path: string }> = ({ href, text, path }) => (
  <li>
    <a href={href} aria-current={href === path ? "page" : undefined}>
      {text}
    </a>
  </li>
);

const GroupEntry: FC<{ group: Group | FullGroup; path: string }> = ({ group, path }) => {
  const href = groupPath(group);
  const isOwn = path === href || path === objectsPath(group);
  if (!("operations" in group) || group.slug === PAGES_SLUG || !(isOwn || path === OVERVIEW)) {
    return <Entry href={href} text={group.name} path={path} />;
  }
  return (
    <li>
      <details open={isOwn}>
        <summary>{group.name}</summary>
        <ul>
          <Entry href={href} text="About this group" path={path} />
          {group.operations.map((placed) => (
            <li>
              <a href={operationPath(group, placed)}>{placed.operation.summary}</a>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
};
