import { DATABASE_LIMIT } from "../../../domain/figures/metrics.ts";

import { DataTable, Facts, type FC, formatBytes, Notice, StatusBadge } from "../../page/kit.ts";
import { consolePage, consoleView, may, z } from "../kit.ts";
import { configFacts, DONE, type Done, readSystem, troubles } from "./data.ts";
import { DoctorLine } from "./doctor.tsx";
import { DeadLetterSection, JobSection } from "./jobs.tsx";
import { EventSection, MailSection, OutboxSection } from "./queues.tsx";

const STORES = { ledger: "Ledger (D1)", edge: "Edge copy (KV)", binaries: "Binaries (R2)" } as const;

/** The system page: health, queues with their acts, recurring work, and configuration. */
export const systemRead = consoleView(
  "/admin/system",
  {
    scope: "stats:read",
    query: z.object({
      done: z
        .enum(Object.keys(DONE) as [Done, ...Done[]])
        .optional()
        .openapi({ param: { description: "The act that led here." }, example: "event-handled" }),
    }),
    summary: "Show the state of the service",
    description: "The health of its stores, its queues, dead letters, recurring work, migrations and configuration.",
    answers: { 200: "The page." },
  },
  async (c, { done }) => {
    const data = await readSystem(c.env);
    return consolePage(c, {
      title: "System",
      main: (
        <>
          {done === undefined ? null : <Notice tone={DONE[done].tone}>{DONE[done].text}</Notice>}
          <h1>System</h1>
          <ul class="cards">
            {(["ledger", "edge", "binaries"] as const).map((name) => {
              const { answers, duration_ms } = data.stores[name];
              return (
                <li class={`box ${answers ? "good" : "bad"}`}>
                  <strong>{STORES[name]}</strong>{" "}
                  <StatusBadge tone={answers ? "good" : "bad"} text={answers ? "Healthy" : "Down"} />
                  <p class="quiet">
                    {duration_ms} ms
                    {name === "ledger" ? `, ${sizeInWords(data.sizes.ledger)}` : ""}
                  </p>
                </li>
              );
            })}
            <StatisticsCard bytes={data.sizes.statistics} />
          </ul>
          <DoctorLine report={data.report} />
          <TroubleList troubles={[...troubles(data.backlog, c.var.now), ...data.keyRefusals]} />
          <EventSection c={c} events={data.events} />
          <MailSection c={c} mails={data.mails} />
          <OutboxSection c={c} outbox={data.outbox} />
          <DeadLetterSection c={c} letters={data.letters} />
          <JobSection jobs={data.jobs} running={data.running} marks={data.marks} />
          <section aria-labelledby="setup">
            <h2 id="setup">Configuration</h2>
            <Facts
              class="facts"
              facts={[
                ...configFacts(c.var.config),
                ["Size of the last backup", data.backup === null ? "none yet" : formatBytes(data.backup.bytes)],
              ]}
            />
            <details>
              <summary>Migrations of the ledger</summary>
              <DataTable
                caption="Applied migrations"
                quiet
                columns={[
                  { header: "Migration", cell: ({ name }) => name },
                  { header: "Applied (UTC)", cell: ({ applied_at }) => applied_at },
                ]}
                rows={data.migrations}
                empty="None."
              />
            </details>
            {may(c, "owner") ? (
              <p>
                If the ledger was restored or KV lost data:{" "}
                <a href="/admin/system/republish">publish everything again</a>.
              </p>
            ) : null}
          </section>
        </>
      ),
    });
  },
);

/** The size of a database, and how much of D1's limit it is. */
const sizeInWords = (bytes: number): string =>
  `${formatBytes(bytes)}, ${Math.round((bytes / DATABASE_LIMIT) * 100)} % of D1's limit`;

/** The statistics. Sales do not need them, so their failure is no alarm. */
const StatisticsCard: FC<{ bytes: number | null }> = ({ bytes }) => (
  <li class={`box ${bytes === null ? "careful" : "good"}`}>
    <strong>Statistics (D1)</strong>{" "}
    <StatusBadge tone={bytes === null ? "careful" : "good"} text={bytes === null ? "Down" : "Healthy"} />
    <p class="quiet">
      {bytes === null ? "Figures are missing. Sales and downloads aren't affected." : sizeInWords(bytes)}
    </p>
  </li>
);

const TroubleList: FC<{ troubles: readonly string[] }> = ({ troubles }) =>
  troubles.length === 0 ? (
    <p>No backlog.</p>
  ) : (
    <div class="box careful">
      <h2>Needs attention</h2>
      <ul>
        {troubles.map((trouble) => (
          <li>{trouble}</li>
        ))}
      </ul>
    </div>
  );
