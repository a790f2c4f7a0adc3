import type { FC } from "hono/jsx";
import type { NavigationLink } from "./header.tsx";

/** The seller as a footer shows them. `pages`: the legal pages that exist, such as `/terms`. */
export type FooterSeller = {
  name: string;
  address: string;
  vatNumber: string | null;
  supportEmail: string;
  pages: readonly NavigationLink[];
};

const PRODUCT: readonly NavigationLink[] = [
  { href: "/", text: "Workers" },
  { href: "/plans", text: "Plans" },
  { href: "/install", text: "Install" },
  { href: "/account", text: "Account" },
];

const HELP: readonly NavigationLink[] = [
  { href: "/guides", text: "Guides" },
  { href: "/docs", text: "Docs" },
  { href: "/recover", text: "Lost your key?" },
  { href: "/health/ready", text: "Status" },
];

/** The footer of every page: the seller, and links that belong to no single page. */
export const SiteFooter: FC<{ seller: FooterSeller | null }> = ({ seller }) => (
  <footer class="site-foot">
    <div class="foot-parts">
      <div>
        <h2>rbee workers</h2>
        <p>Inference engines for rbee hives: free ones, and premium ones with a license.</p>
        {seller === null ? null : <SellerLines seller={seller} />}
      </div>
      <FooterLinks title="Product" links={PRODUCT} />
      <FooterLinks
        title="Help"
        links={seller === null ? HELP : [...HELP, { href: `mailto:${seller.supportEmail}`, text: "Email support" }]}
      />
      {seller === null || seller.pages.length === 0 ? null : <FooterLinks title="Legal" links={seller.pages} />}
    </div>
  </footer>
);

/** The footer of the console: help for admins. */
export const ConsoleFooter: FC = () => (
  <footer class="site-foot">
    <p class="row">
      <a href="/admin">rbee console</a>
      <a href="/docs">Docs</a>
      <a href="/guides">Guides</a>
      <a href="/health/ready">Status</a>
    </p>
  </footer>
);

const SellerLines: FC<{ seller: FooterSeller }> = ({ seller: { name, address, vatNumber } }) => (
  <p>{[`Sold by ${name}`, address, vatNumber && `VAT ${vatNumber}`].filter(Boolean).join(" · ")}</p>
);

const FooterLinks: FC<{ title: string; links: readonly NavigationLink[] }> = ({ title, links }) => (
  <div>
    <h2>{title}</h2>
    <ul>
      {links.map(({ href, text }) => (
        <li>
          <a href={href}>{text}</a>
        </li>
      ))}
    </ul>
  </div>
);
