import type { Child, FC } from "hono/jsx";
import { Icon, Logo } from "./icon.tsx";

export type NavigationLink = { href: string; text: string };

const SITE: NavigationLink = { href: "/", text: "rbee workers" };

const SITE_LINKS: readonly NavigationLink[] = [
  { href: "/", text: "Workers" },
  { href: "/plans", text: "Plans" },
  { href: "/install", text: "Install" },
  { href: "/guides", text: "Guides" },
  { href: "/docs", text: "Docs" },
  { href: "/account", text: "Account" },
];

/** The number of links that fit beside the name on a tablet. */
const FEW = 6;

type HeaderProps = {
  /** The link at the left; default: the name of the site, leading to its start page. */
  brand?: NavigationLink;
  /** Default: the parts of the public site. An empty list leaves the navigation out. */
  links?: readonly NavigationLink[];
  /** The `href` of the link to this page's part of the site. */
  current?: string;
  /** One element after the links: a search, the name of the signed-in person, a button to sign out. */
  children?: Child;
};

/**
 * The header of a page: logo, name, links to the parts of the site with the current one marked, and the children. On a
 * narrow window the links are behind a button. It opens them as a popover, which needs no script.
 */
export const SiteHeader: FC<HeaderProps> = ({ brand = SITE, links = SITE_LINKS, current, children }) => (
  <header class={links.length > FEW ? "site many" : "site"}>
    <a class="brand" href={brand.href}>
      <Logo />
      {brand.text}
    </a>
    {links.length === 0 ? null : (
      <>
        <button type="button" class="menu secondary" popovertarget="menu">
          <Icon name="menu" /> Menu
        </button>
        <nav aria-label="Site" id="menu" popover="auto">
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
      </>
    )}
    {children ? <div class="site-end">{children}</div> : null}
  </header>
);
