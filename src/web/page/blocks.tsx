import type { Child, FC, PropsWithChildren } from "hono/jsx";
import { formatCount } from "./format.tsx";
import { Icon, IconTile } from "./icon.tsx";
import type { IconName } from "./icons.ts";

/** The text as an id: `Your machines` becomes `your-machines`. */
const idOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

type SectionProps = PropsWithChildren<{
  title: string;
  /** Default: made of the title. */
  id?: string;
  /** A sentence below the heading. */
  lead?: Child;
  /** On a wide window, puts the heading at the left of the contents. Give it one child. */
  sided?: boolean;
}>;

/** A part of a page with its heading, which links can lead to. */
export const Section: FC<SectionProps> = ({ title, id = idOf(title), lead, sided = false, children }) => (
  <section class={sided ? "part sided" : "part"} aria-labelledby={id}>
    <div class="part-head">
      <h2 id={id}>{title}</h2>
      {lead ? <p>{lead}</p> : null}
    </div>
    {children}
  </section>
);

/** A page with a narrower column at its right, which follows below it on a narrow window. */
export const Split: FC<PropsWithChildren<{ aside: Child }>> = ({ aside, children }) => (
  <div class="split">
    <div>{children}</div>
    <aside>{aside}</aside>
  </div>
);

/** Cards side by side, as many as fit. */
export const CardGrid: FC<PropsWithChildren> = ({ children }) => <div class="cards">{children}</div>;

type CardProps = PropsWithChildren<{
  /** Makes the whole card one link, named by the title. */
  href?: string;
  title: Child;
  icon?: IconName;
  badge?: Child;
  /** The level of the heading; default 3. */
  level?: 2 | 3;
}>;

/** A box about one thing. */
export const Card: FC<CardProps> = ({ href, title, icon, badge, level = 3, children }) => {
  const name = href === undefined ? title : <a href={href}>{title}</a>;
  return (
    <article class="card">
      <div class="card-head">
        {icon ? <IconTile name={icon} /> : null}
        {level === 2 ? <h2>{name}</h2> : <h3>{name}</h3>}
        {badge}
      </div>
      {children}
    </article>
  );
};

type MeterProps = { label: string; value: number; max: number };

/** A share of a whole as a bar below its numbers: `Machines`, 3 of 5. */
export const Meter: FC<MeterProps> = ({ label, value, max }) => (
  <div class={value >= max ? "meter full" : "meter"}>
    <p>
      <span>{label}</span>{" "}
      <strong>
        {formatCount(value)} of {formatCount(max)}
      </strong>
    </p>
    <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect width={String(max > 0 ? Math.min(100, Math.round((value / max) * 100)) : 0)} height="1" />
    </svg>
  </div>
);

/** Instructions in their order, numbered. */
export const Steps: FC<{ steps: readonly { title: Child; children: Child }[] }> = ({ steps }) => (
  <ol class="steps">
    {steps.map(({ title, children }) => (
      <li>
        <h3>{title}</h3>
        {children}
      </li>
    ))}
  </ol>
);

type DisclosureProps = PropsWithChildren<{
  summary: Child;
  open?: boolean;
  /** Of the folds with the same group, a browser keeps one open. */
  group?: string;
  id?: string;
}>;

/** Contents that unfold. */
export const Disclosure: FC<DisclosureProps> = ({ summary, open = false, group, id, children }) => (
  <details class="fold" id={id} open={open} name={group}>
    <summary>{summary}</summary>
    <div class="fold-body">{children}</div>
  </details>
);

type StatProps = { label: string; value: Child; hint?: Child; href?: string };

/** A figure with its name. With `href` the whole box is a link. */
export const Stat: FC<StatProps> = ({ label, value, hint, href }) => (
  <div class="stat">
    <p class="label">{href === undefined ? label : <a href={href}>{label}</a>}</p>
    <p class="value">{typeof value === "number" ? formatCount(value) : value}</p>
    {hint ? <p class="hint">{hint}</p> : null}
  </div>
);

/** A property in a word or two, without a judgment. For a judgment, take `StatusBadge`. */
export const Tag: FC<PropsWithChildren<{ icon?: IconName }>> = ({ icon, children }) => (
  <span class="tag">
    {icon ? <Icon name={icon} /> : null}
    {icon ? " " : null}
    {children}
  </span>
);

type ButtonLinkProps = PropsWithChildren<{ href: string; tone?: "primary" | "secondary" | "danger" }>;

/** A link that looks like a button, for the next step of a page. `danger` leads to an act that cannot be undone. */
export const ButtonLink: FC<ButtonLinkProps> = ({ href, tone = "primary", children }) => (
  <a class={{ primary: "button", secondary: "button secondary", danger: "button secondary danger" }[tone]} href={href}>
    {children}
  </a>
);
