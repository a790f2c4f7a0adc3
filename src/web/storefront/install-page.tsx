import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import { type Format, type InstallWay, isPremium } from "../../domain/catalog/format.ts";
import { INSTALL_SYSTEM_WORDS, INSTALL_SYSTEMS, type InstallSystem } from "../../domain/catalog/install-systems.ts";
import { type QuickStart, quickStarts, waysBySystem } from "../../domain/catalog/installation.ts";
import { activationCommand, withLicensePrompt } from "../../domain/licensing/license/key.ts";
import { commandLine } from "../../domain/workers/install-line.ts";
import { CopyBlock, type FC, page, SiteHeader } from "../page/kit.ts";
import { SystemTabs } from "./system-tabs.tsx";
import { VerifyCommands } from "./verify.tsx";
import { Way } from "./worker/install-section.tsx";

type Content = {
  formats: readonly Format[];
  available: readonly AvailableWorker[];
  /** The visitor's system. */
  system: InstallSystem;
  /** This service's own origin. */
  url: string;
};

/** The installation page: for each system the first command, and each way with the first worker that has it. */
export function installPage({ formats, available, system, url }: Content): Promise<Response> {
  const ways = examples(formats, available, url);
  const starts = quickStarts(formats, available, url);
  return page({
    title: "Install workers",
    header: <SiteHeader current="/install" />,
    wide: true,
    publicPage: {
      description:
        "Install rbee workers with the tool you already have: apt, dnf, zypper, pacman, podman, docker, Homebrew or one script. Commands ready to copy, and how to verify.",
      url: `${url}/install`,
    },
    main: (
      <>
        <h1>Install workers</h1>
        <p class="lead">
          One command finds the worker that fits your machine and its GPU. Or use the tool you already have: all of them
          install the same files.
        </p>
        <h2 class="unseen">Commands for your system</h2>
        <SystemTabs
          shown={system}
          level={3}
          panels={INSTALL_SYSTEMS.map((one) => ({
            system: one,
            content: (
              <SystemPanel
                system={one}
                start={starts.find((start) => start.system === one)?.way ?? null}
                examples={ways.filter((example) => example.system === one)}
              />
            ),
          }))}
        />
        <p>
          The <a href="/install.md">full guide</a> (plain text) also covers aria2, pinning a version, other AUR helpers
          and uninstalling. In a hive, choose a worker from the hive's list.
        </p>
        <section aria-labelledby="command">
          <h2 id="command">Get the rbee-catalog command</h2>
          <p>
            It installs, upgrades and verifies workers and manages this machine's license. It needs Node.js 20 or newer.
          </p>
          <CopyBlock id="get-command" what="the command to get rbee-catalog">
            {commandLine(url)}
          </CopyBlock>
          <p>
            On Windows, download <a href="/cli/rbee-catalog.mjs">rbee-catalog.mjs</a> (
            <a href="/cli/rbee-catalog.mjs.sha256">SHA-256</a>, <a href="/cli/rbee-catalog.mjs.minisig">signature</a>)
            and run it with Node.js: <code>node rbee-catalog.mjs --help</code>.
          </p>
        </section>
        <section aria-labelledby="premium">
          <h2 id="premium">Premium workers</h2>
          <p>
            Premium workers need the key of a <a href="/plans">license</a>. A machine takes a seat when it first uses
            the key, and you can free the seat at any time in <a href="/account">your account</a>. The key is prompted
            for, so it never lands in shell history. apt, dnf, zypper, pacman and containers keep it where each of them
            keeps credentials: see their commands above. To activate this machine once:
          </p>
          <CopyBlock id="activate" what="the command to activate a machine">
            {activationCommand(url)}
          </CopyBlock>
          <p>Tools that build from a recipe read the key from the environment. Run this once in each shell:</p>
          <CopyBlock id="license-token" what="the command to enter a license key">
            {withLicensePrompt("RBEE_LICENSE_TOKEN")}
          </CopyBlock>
          <p>
            For a machine without internet, get an offline lease in <a href="/account">your account</a>.
          </p>
        </section>
        <section aria-labelledby="verify">
          <h2 id="verify">Verify a download</h2>
          <p>
            Every file's signature is checked before release, and <code>rbee-catalog</code> checks it again on your
            machine. Run <code>rbee-catalog verify</code> at any time, or use our{" "}
            <a href="/keys/release-signing.pub">public key</a> and{" "}
            <a href="https://jedisct1.github.io/minisign/">minisign</a>:
          </p>
          <VerifyCommands url={url} filename="FILE" />
        </section>
      </>
    ),
  });
}

type Example = { system: InstallSystem; way: InstallWay; isPremium: boolean };

type PanelProps = { system: InstallSystem; start: QuickStart["way"]; examples: readonly Example[] };

const SystemPanel: FC<PanelProps> = ({ system, start, examples }) => (
  <>
    {start === null ? (
      <p class="empty">Not yet. Nothing that installs on {INSTALL_SYSTEM_WORDS[system]} is released.</p>
    ) : examples[0]?.way.commands === start.commands ? null : (
      <>
        <CopyBlock id={`start-${system}`} what={`the first command for ${INSTALL_SYSTEM_WORDS[system]}`}>
          {start.commands}
        </CopyBlock>
        <p class="quiet">{start.about}</p>
      </>
    )}
    {examples.map(({ way, isPremium }) => (
      <Way way={way} id={`${system}-${way.id}${isPremium ? "-premium" : ""}`} />
    ))}
  </>
);

/** Whether a way has a place for the name of the machine and the license key, which its tool keeps. */
const keepsLicense = ({ setup, commands }: InstallWay): boolean => /\bMACHINE\b/.test(`${setup?.text} ${commands}`);

/**
 * Each way of each system, with the first worker that has it. Free workers come first. A tool that keeps the license is
 * there a second time, with the first premium worker.
 */
function examples(formats: readonly Format[], available: readonly AvailableWorker[], url: string): Example[] {
  const freeFirst = [...available.filter((one) => !isPremium(one)), ...available.filter(isPremium)];
  const all = freeFirst.flatMap((one) =>
    waysBySystem(formats, one, url).flatMap(({ system, ways }) => ways.map((way) => ({ system, way, one }))),
  );
  const chosen: Example[] = [];
  for (const { system, way, one } of all) {
    const same = chosen.filter((other) => other.system === system && other.way.id === way.id);
    const isSecond = same.length === 1 && isPremium(one) && same[0]?.isPremium === false && keepsLicense(way);
    if (same.length > 0 && !isSecond) continue;
    const name = isSecond ? `${way.name}, for premium workers` : way.name;
    const about = `${way.about} Example: ${one.worker.name}.`;
    chosen.push({ system, way: { ...way, name, about }, isPremium: isPremium(one) });
  }
  return chosen;
}
