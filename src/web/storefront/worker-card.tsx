import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import type { Worker } from "../../domain/workers/workers.ts";
import { type FC, StatusBadge } from "../page/kit.ts";
import { BACKEND_WORDS, isComingSoon, platformText, TIER_WORDS, versionText } from "./words.ts";

/** A badge with the worker's tier. */
export const TierBadge: FC<Pick<Worker, "tier">> = ({ tier }) => (
  <StatusBadge tone={tier === "free" ? "good" : "careful"}>{TIER_WORDS[tier]}</StatusBadge>
);

type Props = {
  available: AvailableWorker;
  /** The price of premium workers, if known. */
  priceHint: string | null;
};

/** A worker in a list. The whole card leads to its page. A worker that nobody can have yet has no price. */
export const WorkerCard: FC<Props> = ({ available, available: { worker }, priceHint }) => (
  <li class="box card">
    <h3>
      <a href={`/w/${worker.id}`}>{worker.name}</a>
    </h3>
    <p class="row">
      <TierBadge tier={worker.tier} />
      {isComingSoon(available) ? <StatusBadge>Coming soon</StatusBadge> : null}
    </p>
    <p>{worker.description}.</p>
    <p class="quiet">
      {BACKEND_WORDS[worker.backend]}
      <br />
      {platformText(worker)}
    </p>
    {isComingSoon(available) ? null : (
      <p class="foot">
        <span class="version">{versionText(available)}</span>
        {worker.tier === "premium" && priceHint !== null ? <span class="quiet">{priceHint}</span> : null}
      </p>
    )}
  </li>
);
