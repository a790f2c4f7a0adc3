import type { FC } from "hono/jsx";
import type { Worker } from "../catalog/workers.ts";
import { StatusBadge } from "../page/status-badge.tsx";
import { ARCHITECTURE_WORDS, BACKEND_WORDS, OPERATING_SYSTEM_WORDS, TIER_WORDS } from "./worker-words.ts";

/** Whether a worker costs something, in a word. */
export const TierBadge: FC<Pick<Worker, "tier">> = ({ tier }) => (
  <StatusBadge tone={tier === "free" ? "good" : "careful"}>{TIER_WORDS[tier]}</StatusBadge>
);

/** The systems and the instruction sets that a worker runs on. */
export const platformText = ({ operatingSystems, architectures }: Worker): string =>
  [
    operatingSystems.map((system) => OPERATING_SYSTEM_WORDS[system]).join(", "),
    architectures.map((architecture) => ARCHITECTURE_WORDS[architecture]).join(", "),
  ].join(" · ");

/** A worker in a list. `priceHint` says what a premium one costs, if that is known. */
export const WorkerCard: FC<{ worker: Worker; priceHint: string | null }> = ({ worker, priceHint }) => (
  <li class="box card">
    <h2>
      <a href={`/w/${worker.id}`}>{worker.name}</a>
    </h2>
    <div class="row">
      <TierBadge tier={worker.tier} />
    </div>
    <p>{worker.description}.</p>
    <dl>
      <dt>Runs on</dt>
      <dd>{BACKEND_WORDS[worker.backend]}</dd>
      <dt>Platforms</dt>
      <dd>{platformText(worker)}</dd>
      <dt>Version</dt>
      <dd>{worker.version}</dd>
      {worker.tier === "premium" && priceHint !== null ? (
        <>
          <dt>Price</dt>
          <dd>{priceHint}</dd>
        </>
      ) : null}
    </dl>
  </li>
);
