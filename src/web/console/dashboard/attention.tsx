import type { NeededScope } from "../../../platform/config/scopes.ts";
import type { ActVolume } from "../../../platform/identity/act-volume.ts";
import { counted, type FC, type Tone } from "../../page/kit.ts";
import type { Names } from "../audit/names.ts";
import { actorWords, auditPath } from "../audit/words.tsx";
import { type ConsoleContext, may } from "../kit.ts";
import { troubles } from "../system/data.ts";
import type { DashboardData } from "./data.ts";

/** Something that needs a person, and the page that shows it. */
type ToDo = { text: string; href: string; scope: NeededScope; tone?: Tone };

/** One thing to do, or none. */
const unless = (isNone: boolean, toDo: ToDo): ToDo[] => (isNone ? [] : [toDo]);

type Facts = Pick<DashboardData, "at" | "backlog" | "toDo" | "report" | "unusual"> & {
  volumes: readonly ActVolume[];
  names: Names;
};

/** Everything that needs a person, the most urgent first. */
function toDosOf({ at, backlog, toDo, report, unusual, volumes, names }: Facts): ToDo[] {
  const failed = report?.findings.filter(({ status }) => status === "failed").length ?? 0;
  const warned = report?.findings.filter(({ status }) => status === "warning").length ?? 0;
  return [
    ...volumes.map(({ act, actor, count }): ToDo => {
      const text = `An admin does something unusually often today. ${actorWords(actor, names)}: ${act}, ${counted(count, "time")}. If nobody knows why, revoke the token`;
      return { text, href: auditPath({ actor }), scope: "audit:read", tone: "bad" };
    }),
    ...unless(toDo.held === 0, {
      text: `${counted(toDo.held, "paid order")} without a license`,
      href: "/admin/orders?state=held",
      scope: "money:read",
      tone: "bad",
    }),
    ...unless(toDo.disputed === 0, {
      text: `${counted(toDo.disputed, "dispute")} to answer at Stripe`,
      href: "/admin/orders?state=disputed",
      scope: "money:read",
    }),
    ...troubles(backlog, at).map((text): ToDo => ({ text, href: "/admin/system", scope: "stats:read" })),
    ...unless(failed === 0, {
      text: `${counted(failed, "check")} of the deployment failed`,
      href: "/admin/system/doctor",
      scope: "stats:read",
      tone: "bad",
    }),
    ...unless(warned === 0, {
      text: `${counted(warned, "warning")} about the deployment`,
      href: "/admin/system/doctor",
      scope: "stats:read",
    }),
    ...unless(unusual.length === 0, {
      text: `${counted(unusual.length, "license")} used from unusually many places`,
      href: "#unusual",
      scope: "stats:read",
    }),
  ];
}

/** The list of things that need a person, each with a link to its page; or that all is clear. */
export const Attention: FC<{ c: ConsoleContext; facts: Facts }> = ({ c, facts }) => {
  const all = toDosOf(facts);
  return (
    <section aria-labelledby="attention" class={`box ${all.length === 0 ? "good" : "careful"}`}>
      <h2 id="attention">{all.length === 0 ? "All clear" : "Needs attention"}</h2>
      {all.length === 0 ? (
        <p>
          Every payment, email and change is handled. <a href="/admin/system">System</a>
        </p>
      ) : (
        <ul class="to-do">
          {all.map(({ text, href, scope, tone = "careful" }) => (
            <li class={tone}>{may(c, scope) ? <a href={href}>{text}</a> : text}</li>
          ))}
        </ul>
      )}
    </section>
  );
};
