import type { Worker } from "../../domain/workers/workers.ts";
import { type FC, StatusBadge } from "../page/kit.ts";
import type { AvailableWorker } from "./available-workers.ts";
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

/** The version that is installed, in words. */
export const versionText = ({ version }: AvailableWorker): string => version ?? "not published yet";

type Props = {
  available: AvailableWorker;
  /** What a premium worker costs, if that is known. */
  priceHint: string | null;
};

/** A worker in a list. */
export const WorkerCard: FC<Props> = ({ available, available: { worker }, priceHint }) => (
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
      <dd>{versionText(available)}</dd>
      {worker.tier === "premium" && priceHint !== null ? (
        <>
          <dt>Price</dt>
          <dd>{priceHint}</dd>
        </>
      ) : null}
    </dl>
  </li>
);
