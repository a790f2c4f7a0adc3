import { CopyBlock, type FC } from "../page/kit.ts";
import type { AvailableWorker } from "./available-workers.ts";
import { type InstallWay, installWays } from "./install-ways.ts";

/** Every way to install a worker, the first one unfolded; `url` is this service's own origin. */
export const InstallSection: FC<{ available: AvailableWorker; url: string }> = ({ available, url }) => {
  const ways = installWays(available, url);
  return (
    <section aria-labelledby="install">
      <h2 id="install">Ways to install</h2>
      {available.hasRecipe ? <HiveLine available={available} /> : null}
      {ways.map((way, index) => (
        <Way way={way} open={index === 0} />
      ))}
      {ways.length > 0 || available.hasRecipe ? null : (
        <p class="empty">
          {available.releases === null
            ? "What can be installed cannot be shown just now. Please try again in a minute."
            : "No version of this worker is published yet. As soon as there is one, this page says how to install it."}
        </p>
      )}
    </section>
  );
};

/** A hive runs the recipe itself. */
const HiveLine: FC<{ available: AvailableWorker }> = ({ available: { worker } }) => (
  <p>
    In a hive, choose {worker.name} from its list of workers
    {worker.tier === "premium" ? (
      <>
        ; start the hive with your license key in <code>RBEE_LICENSE_TOKEN</code>
      </>
    ) : null}
    . Elsewhere, take the tool that you use anyway.
  </p>
);

/** One way to install, to unfold. */
export const Way: FC<{ way: InstallWay; open: boolean }> = ({ way: { id, name, about, setup, commands }, open }) => (
  <details open={open}>
    <summary>{name}</summary>
    <p>{about}</p>
    {setup ? (
      <>
        <p>
          In <code>{setup.file}</code>:
        </p>
        <CopyBlock id={`${id}-setup`} what={`the lines for ${setup.file}`}>
          {setup.text}
        </CopyBlock>
        <p>Then:</p>
      </>
    ) : null}
    <CopyBlock id={`${id}-commands`} what={`the commands for ${name}`}>
      {commands}
    </CopyBlock>
  </details>
);
