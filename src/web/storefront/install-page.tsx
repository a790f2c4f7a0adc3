import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import { type Format, type InstallWay, installWays } from "../../domain/catalog/format.ts";
import { activationCommand, withLicensePrompt } from "../../domain/licensing/license/key.ts";
import { CopyBlock, type FC, page, SiteHeader } from "../page/kit.ts";

/** The installation page: each way with the first worker that has it. `url` is this service's own origin. */
export const installPage = (
  formats: readonly Format[],
  available: readonly AvailableWorker[],
  url: string,
): Promise<Response> =>
  page({
    title: "Install workers",
    header: <SiteHeader current="/install" />,
    publicPage: {
      description: "How to install rbee workers with the tool that you prefer: commands ready to copy.",
      url: `${url}/install`,
    },
    main: (
      <>
        <h1>Install workers</h1>
        <p>
          This command finds out which worker fits your machine and its GPU, says why, and installs it. Add{" "}
          <code>-s -- --explain</code> to see the reason for each of the others.
        </p>
        <CopyBlock id="auto" what="the command to install the best worker for a machine">
          {`curl -fsSL ${url}/install.sh | sh`}
        </CopyBlock>
        <p>
          In a hive, choose a worker from its list. Elsewhere, use the tool that you prefer: all of them install the
          same worker. The page of each <a href="/">worker</a> has its own commands. The commands below are examples.
        </p>
        {examples(formats, available, url).map(({ example: { worker }, way }, index) => (
          <Way way={{ ...way, about: `${way.about} These commands install ${worker.name}.` }} open={index === 0} />
        ))}
        <p>
          The <a href="/install.md">complete guide</a> is a text file. It also explains aria2, other AUR helpers,
          specific versions and how to uninstall.
        </p>
        <h2>Premium workers</h2>
        <p>
          Premium workers need the key of a <a href="/plans">license</a>. A machine takes a seat when it first uses the
          key, and keeps the seat until you free it. These commands ask for the key, so that the shell's history does
          not contain it. For <code>rbee-catalog</code>, run this once on each machine:
        </p>
        <CopyBlock id="activate" what="the command to activate a machine">
          {activationCommand(url)}
        </CopyBlock>
        <p>
          For a tool that builds from a recipe, run this once in each shell. The install script asks for the key itself.
        </p>
        <CopyBlock id="license-token" what="the command to enter a license key">
          {withLicensePrompt("RBEE_LICENSE_TOKEN")}
        </CopyBlock>
        <p>
          A machine without internet can use an offline lease from <a href="/account">your account</a>.
        </p>
        <h2>Check the signature</h2>
        <p>
          Every binary is signed with <a href="https://jedisct1.github.io/minisign/">minisign</a>. We check each
          signature before we offer the file, and <code>rbee-catalog</code> checks it again on your machine. Run{" "}
          <code>rbee-catalog verify</code> to check it at any time. Each worker's page has the checksums and signatures.
          This is our <a href="/keys/release-signing.pub">public key</a>.
        </p>
      </>
    ),
  });

/** Each way to install, with the first worker that has it. Free workers come first. */
function examples(
  formats: readonly Format[],
  available: readonly AvailableWorker[],
  url: string,
): { example: AvailableWorker; way: InstallWay }[] {
  const all = available.flatMap((example) => installWays(formats, example, url).map((way) => ({ example, way })));
  return all.filter(({ way }, index) => all.findIndex((other) => other.way.id === way.id) === index);
}

type SectionProps = { formats: readonly Format[]; available: AvailableWorker; url: string };

/** Every way to install a worker, the first one open. `url` is this service's own origin. */
export const InstallSection: FC<SectionProps> = ({ formats, available, url }) => {
  const ways = installWays(formats, available, url);
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
            ? "We cannot show the installation at the moment. Please try again in a minute."
            : "No version of this worker is published yet. This page will explain the installation after the publication."}
        </p>
      )}
    </section>
  );
};

/** The instruction for a hive, which runs the recipe itself. */
const HiveLine: FC<{ available: AvailableWorker }> = ({ available: { worker } }) => (
  <p>
    In a hive, choose {worker.name} from its list of workers
    {worker.tier === "premium" ? (
      <>
        . Start the hive with your license key in <code>RBEE_LICENSE_TOKEN</code>
      </>
    ) : null}
    . Elsewhere, use the tool that you prefer.
  </p>
);

/** A way to install as a fold. */
const Way: FC<{ way: InstallWay; open: boolean }> = ({ way: { id, name, about, setup, commands }, open }) => (
  <details open={open}>
    <summary>{name}</summary>
    <p>{about}</p>
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
  </details>
);
