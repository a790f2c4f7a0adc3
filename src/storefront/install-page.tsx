import type { Worker } from "../catalog/workers.ts";
import { CopyBlock } from "../page/copy-block.tsx";
import { page } from "../page/page.tsx";
import { SiteHeader } from "../page/site-header.tsx";
import { InstallSection } from "./install-section.tsx";
import { activation } from "./install-ways.ts";

/** How workers are installed, by the example of one; `url` is this service's own origin. */
export const installPage = (example: Worker, url: string): Promise<Response> =>
  page({
    title: "Install workers",
    header: <SiteHeader current="/install" />,
    publicPage: {
      description: "How to install rbee workers: with rbee-catalog, curl, makepkg, pacman, an AUR helper or Homebrew.",
      url: `${url}/install`,
    },
    main: (
      <>
        <h1>Install workers</h1>
        <p>
          Take the tool that you use anyway; all of them end with the same worker. The lines below install{" "}
          <a href={`/w/${example.id}`}>{example.name}</a>. The page of every other <a href="/">worker</a> has its own
          lines, ready to copy.
        </p>
        <InstallSection worker={example} url={url} />
        <h2>Premium workers</h2>
        <p>
          They need the key of a <a href="/plans">license</a>. A machine takes a seat the first time it uses the key,
          and keeps it until you free it. On a hive, activate the machine once; the first line waits for the key and
          does not show it:
        </p>
        <CopyBlock id="activate" what="the commands">
          {activation(url)}
        </CopyBlock>
        <p>
          The other tools take the key from the environment variable <code>RBEE_LICENSE_TOKEN</code>. Machines without
          internet can carry an offline lease, from <a href="/account">your account</a>.
        </p>
        <h2>Is it the real thing?</h2>
        <p>
          Every binary is signed with <a href="https://jedisct1.github.io/minisign/">minisign</a>, and this service
          offers no file whose signature it has not checked itself. <code>rbee-catalog</code> checks it again on your
          machine. Checksums and signatures are on each worker's page; the public key is at{" "}
          <a href="/keys/release-signing.pub">/keys/release-signing.pub</a>.
        </p>
      </>
    ),
  });
