import type { AvailableWorker } from "../../../domain/catalog/available-workers.ts";
import type { InstallWay } from "../../../domain/catalog/format.ts";
import { INSTALL_SYSTEM_WORDS, type InstallSystem } from "../../../domain/catalog/install-systems.ts";
import type { NoWay, SystemWays } from "../../../domain/catalog/installation.ts";
import { CopyBlock, type FC } from "../../page/kit.ts";
import { SystemTabs } from "../system-tabs.tsx";
import { OPERATING_SYSTEM_WORDS } from "../words.ts";

type Props = {
  available: AvailableWorker;
  /** One entry for each system. */
  systems: readonly SystemWays[];
  /** The visitor's system. */
  visitor: InstallSystem;
};

/** Every way to install a worker, by system. A system without one says why. */
export const InstallSection: FC<Props> = ({ available, systems, visitor }) => (
  <section aria-labelledby="install">
    <h2 id="install">Install</h2>
    <SystemTabs
      shown={firstShown(systems, visitor)}
      level={3}
      panels={systems.map(({ system, ways, missing }) => ({
        system,
        content:
          missing === null ? (
            ways.map((way) => <Way way={way} id={`${system}-${way.id}`} />)
          ) : (
            <NotYet available={available} system={system} reason={missing} />
          ),
      }))}
    />
    {available.hasRecipe ? <HiveLine available={available} /> : null}
  </section>
);

/** The visitor's system if the worker can be installed there, else the first system where it can. */
const firstShown = (systems: readonly SystemWays[], visitor: InstallSystem): InstallSystem => {
  const real = systems.filter(({ missing }) => missing === null);
  return (real.find(({ system }) => system === visitor) ?? real[0])?.system ?? visitor;
};

type NotYetProps = { available: AvailableWorker; system: InstallSystem; reason: NoWay };

/** Why a worker cannot be installed on a system, and the next best thing. */
const NotYet: FC<NotYetProps> = ({ available: { worker, hasRecipe }, system, reason }) => {
  const name = INSTALL_SYSTEM_WORDS[system];
  if (reason === "unknown") return <p class="empty">We can't show the commands right now. Try again in a minute.</p>;
  if (reason === "other-system") {
    const runsOn = worker.operatingSystems.map((one) => OPERATING_SYSTEM_WORDS[one]).join(", ");
    return (
      <p class="empty">
        Not for {name}. This worker runs on {runsOn} only.
      </p>
    );
  }
  if (system === "container") return <p class="empty">Not yet. This needs a released binary for Linux.</p>;
  return (
    <p class="empty">
      Not yet. No binary for {name} is released.{" "}
      {hasRecipe && worker.sourcePath !== null && system !== "windows"
        ? "A hive builds this worker from source."
        : null}
    </p>
  );
};

/** The instruction for a hive, which runs the recipe itself. */
const HiveLine: FC<{ available: AvailableWorker }> = ({ available: { worker } }) => (
  <p class="quiet">
    Using rbee? Choose {worker.name} in your hive's list of workers
    {worker.tier === "premium" ? (
      <>
        , and start the hive with your license key in <code>RBEE_LICENSE_TOKEN</code>
      </>
    ) : null}
    . Or use the tool you already have.
  </p>
);

/** A way to install. `id` begins the ids of its blocks. */
export const Way: FC<{ way: InstallWay; id: string }> = ({ way: { name, about, setup, commands, link }, id }) => (
  <div class="way">
    <h4>{name}</h4>
    <p class="quiet">
      {about}
      {link ? (
        <>
          {" "}
          <a href={link.href}>{link.text}</a>
        </>
      ) : null}
    </p>
    {setup ? (
      <>
        <p>
          Add this to <code>{setup.file}</code>:
        </p>
        <CopyBlock id={`${id}-setup`} what={`the lines for ${setup.file}`}>
          {setup.text}
        </CopyBlock>
        <p>Then run:</p>
      </>
    ) : null}
    <CopyBlock id={`${id}-commands`} what={`the commands for ${name}`}>
      {commands}
    </CopyBlock>
  </div>
);
