import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import type { Worker } from "../../domain/workers/workers.ts";
import { Card, type FC, StatusBadge, Tag } from "../page/kit.ts";
import {
  BACKEND_ICONS,
  isComingSoon,
  OPERATING_SYSTEM_ICONS,
  OPERATING_SYSTEM_WORDS,
  TIER_WORDS,
  versionText,
} from "./words.ts";

/** A badge with the worker's tier. */
export const TierBadge: FC<Pick<Worker, "tier">> = ({ tier }) => (
  <StatusBadge tone={tier === "free" ? "good" : "careful"}>{TIER_WORDS[tier]}</StatusBadge>
);

type Props = {
  available: AvailableWorker;
  /** The price of premium workers, if known. */
  priceHint: string | null;
};

/** A worker in a list: one link to its page. A worker that nobody can have yet has no price. */
export const WorkerCard: FC<Props> = ({ available, available: { worker }, priceHint }) => (
  <Card href={`/w/${worker.id}`} title={worker.name} icon={BACKEND_ICONS[worker.backend]}>
    <p>{worker.description}.</p>
    <p class="row tags">
      <Systems worker={worker} />
    </p>
    {worker.tier === "premium" && !isComingSoon(available) && priceHint !== null ? (
      <p class="price">{priceHint}</p>
    ) : null}
    <p class="card-foot">
      <TierBadge tier={worker.tier} />
      {isComingSoon(available) ? (
        <StatusBadge>Coming soon</StatusBadge>
      ) : (
        <span class="version">{versionText(available)}</span>
      )}
    </p>
  </Card>
);

/** The operating systems that a worker runs on, each with its icon. */
export const Systems: FC<{ worker: Pick<Worker, "operatingSystems"> }> = ({ worker }) => (
  <>
    {worker.operatingSystems.map((system) => (
      <Tag icon={OPERATING_SYSTEM_ICONS[system]}>{OPERATING_SYSTEM_WORDS[system]}</Tag>
    ))}
  </>
);
