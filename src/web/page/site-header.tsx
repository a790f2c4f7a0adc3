import type { Child, FC } from "hono/jsx";

export type NavigationLink = { href: string; text: string };

const SITE_LINKS: readonly NavigationLink[] = [
  { href: "/", text: "Workers" },
  { href: "/plans", text: "Plans" },
  { href: "/install", text: "Install" },
  { href: "/docs", text: "API" },
  { href: "/account", text: "Account" },
];

type Props = {
  /** What the name at the left says and where it leads; default: the site's. */
  brand?: NavigationLink;
  /** Default: the parts of the public site. None: there is no navigation. */
  links?: readonly NavigationLink[];
  /** The `href` of the link whose part of the site this page belongs to. */
  current?: string;
  /** What stands after the links: who is signed in, a button to sign out. */
  children?: Child;
};

/** The header of a page: the site's name, the parts of the site with the current one marked, and what the caller adds. */
export const SiteHeader: FC<Props> = ({
  brand = { href: "/", text: "rbee workers" },
  links = SITE_LINKS,
  current,
  children,
}) => (
  <header class="site">
    <a class="brand" href={brand.href}>
      {brand.text}
    </a>
    {links.length === 0 ? null : (
      <nav aria-label="Site">
        <ul>
          {links.map(({ href, text }) => (
            <li>
              <a href={href} aria-current={href === current ? "page" : undefined}>
                {text}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    )}
    {children}
  </header>
);
