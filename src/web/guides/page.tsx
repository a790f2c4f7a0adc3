import { raw } from "hono/utils/html";
import { type FC, page, SiteHeader } from "../page/kit.ts";
import { GUIDES, type GuideEntry, guidePath, guidesByAudience } from "./guides.ts";
import type { RenderedGuide } from "./markdown.ts";

const header = () => <SiteHeader current="/guides" />;

/** The page of all guides, each with its summary. `url` is this service's own origin. */
export const guideIndexPage = (
  guides: ReadonlyMap<string, Pick<RenderedGuide, "title" | "summary">>,
  url: string,
): Promise<Response> =>
  page({
    title: "Guides",
    header: header(),
    wide: true,
    publicPage: {
      description: "Guides for rbee workers: install, buy, work offline, publish, integrate and run your own catalog.",
      url: `${url}/guides`,
    },
    main: (
      <>
        <h1>Guides</h1>
        <p class="lead">
          Short ways from a question to a result. A test runs the commands of each guide before every release.
        </p>
        {guidesByAudience().map(({ audience, guides: entries }) => (
          <section class="guides" aria-label={audience}>
            <h2>{audience}</h2>
            <ul>
              {entries.map(({ slug }) => (
                <li>
                  <h3>
                    <a href={guidePath(slug)}>{guides.get(slug)?.title}</a>
                  </h3>
                  <p>{guides.get(slug)?.summary}</p>
                </li>
              ))}
            </ul>
          </section>
        ))}
        <p>
          Every request and answer of the API is in the <a href="/docs">reference</a>.
        </p>
      </>
    ),
  });

/** The page of one guide, beside the navigation. `url` is this service's own origin. */
export const guidePage = (slug: string, guide: RenderedGuide, url: string): Promise<Response> =>
  page({
    title: guide.title,
    header: header(),
    wide: true,
    publicPage: {
      description: guide.summary,
      url: url + guidePath(slug),
      data: {
        "@context": "https://schema.org",
        "@type": "TechArticle",
        headline: guide.title,
        description: guide.summary,
        url: url + guidePath(slug),
      },
    },
    main: (
      <div class="guide">
        <Navigation current={slug} />
        <article>
          <h1>{guide.title}</h1>
          <p class="lead">{guide.summary}</p>
          <Sections of={guide} />
          {raw(guide.html)}
          <Neighbors of={slug} />
        </article>
      </div>
    ),
  });

const Navigation: FC<{ current: string }> = ({ current }) => (
  <nav aria-label="Guides">
    {guidesByAudience().map(({ audience, guides }) => (
      <>
        <p>{audience}</p>
        <ul>
          {guides.map(({ slug, label }) => (
            <li>
              <a href={guidePath(slug)} aria-current={slug === current ? "page" : undefined}>
                {label}
              </a>
            </li>
          ))}
        </ul>
      </>
    ))}
  </nav>
);

const Sections: FC<{ of: RenderedGuide }> = ({ of: { sections } }) =>
  sections.length < 3 ? null : (
    <nav class="sections" aria-label="On this page">
      <ul>
        {sections.map(({ id, text }) => (
          <li>
            <a href={`#${id}`}>{text}</a>
          </li>
        ))}
      </ul>
    </nav>
  );

const Neighbors: FC<{ of: string }> = ({ of }) => {
  const all: readonly GuideEntry[] = GUIDES;
  const at = all.findIndex(({ slug }) => slug === of);
  const [before, after] = [all[at - 1], all[at + 1]];
  return (
    <p class="pager">
      {before ? <a href={guidePath(before.slug)}>← {before.label}</a> : null}
      {after ? <a href={guidePath(after.slug)}>{after.label} →</a> : null}
    </p>
  );
};
