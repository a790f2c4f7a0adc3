import type { FC } from "hono/jsx";
import type { Worker } from "../catalog/workers.ts";
import { CopyBlock } from "../page/copy-block.tsx";
import { type InstallWay, installWays } from "./install-ways.ts";

/** Every way to install a worker, the first one unfolded; `url` is this service's own origin. */
export const InstallSection: FC<{ worker: Worker; url: string }> = ({ worker, url }) => (
  <section aria-labelledby="install">
    <h2 id="install">Ways to install</h2>
    {installWays(worker, url).map((way, index) => (
      <Way {...way} open={index === 0} />
    ))}
  </section>
);

const Way: FC<InstallWay & { open: boolean }> = ({ id, name, about, setup, commands, open }) => (
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
