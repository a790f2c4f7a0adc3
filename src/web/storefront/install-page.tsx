import { activationCommand, withLicensePrompt } from "../../domain/licensing/license/key.ts";
import { CopyBlock, page, SiteHeader } from "../page/kit.ts";
import type { AvailableWorker } from "./available-workers.ts";
import { Way } from "./install-section.tsx";
import { type InstallWay, installWays } from "./install-ways.ts";

/** How workers are installed: every way by the example of the first worker that has it. `url` is this service's own origin. */
export const installPage = (available: readonly AvailableWorker[], url: string): Promise<Response> =>
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
          In a hive, choose a worker from its list. Elsewhere, take the tool that you use anyway: all of them end with
          the same worker. Each of the <a href="/">workers</a> has a page with its own lines, ready to copy; these are
          examples.
        </p>
        {examples(available, url).map(({ example: { worker }, way }, index) => (
          <Way way={{ ...way, about: `${way.about} These lines install ${worker.name}.` }} open={index === 0} />
        ))}
        <p>
          The <a href="/install.md">whole guide</a>, a text file, also has aria2, other AUR helpers, chosen versions and
          uninstalling.
        </p>
        <h2>Premium workers</h2>
        <p>
          They need the key of a <a href="/plans">license</a>. A machine takes a seat the first time it uses the key,
          and keeps it until you free it. These commands ask for the key, so that it is in no shell's history. For{" "}
          <code>rbee-catalog</code>, once on each machine:
        </p>
        <CopyBlock id="activate" what="the command to activate a machine">
          {activationCommand(url)}
        </CopyBlock>
        <p>For makepkg and AUR helpers, once in each shell; the install script asks by itself:</p>
        <CopyBlock id="license-token" what="the command to enter a license key">
          {withLicensePrompt("RBEE_LICENSE_TOKEN")}
        </CopyBlock>
        <p>
          Machines without internet can carry an offline lease, from <a href="/account">your account</a>.
        </p>
        <h2>Is it the real thing?</h2>
        <p>
          Every binary is signed with <a href="https://jedisct1.github.io/minisign/">minisign</a>, and this service
          offers no file whose signature it has not checked itself. <code>rbee-catalog</code> checks it again on your
          machine, and <code>rbee-catalog verify</code> whenever you like. Checksums and signatures are on each worker's
          page; the public key is at <a href="/keys/release-signing.pub">/keys/release-signing.pub</a>.
        </p>
      </>
    ),
  });

/** The ways that any worker has, each with the first that has it: free workers come first. */
function examples(available: readonly AvailableWorker[], url: string): { example: AvailableWorker; way: InstallWay }[] {
  const all = available.flatMap((example) => installWays(example, url).map((way) => ({ example, way })));
  return all.filter(({ way }, index) => all.findIndex((other) => other.way.id === way.id) === index);
}
