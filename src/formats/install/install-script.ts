import guide from "../../../docs/install.md";
import { encodeMinisignPublicKey, type MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import check from "./script/check.sh";
import choose from "./script/choose.sh";
import command from "./script/command.sh";
import download from "./script/download.sh";
import gpu from "./script/gpu.sh";
import head from "./script/head.sh";
import license from "./script/license.sh";
import machine from "./script/machine.sh";
import main from "./script/main.sh";
import platform from "./script/platform.sh";
import probe from "./script/probe.sh";
import request from "./script/request.sh";
import tools from "./script/tools.sh";

/** The parts in order: head sets the variables, and the last line of main starts the script. */
const PARTS = [head, platform, probe, gpu, machine, choose, request, license, download, check, command, tools, main];

/**
 * The POSIX shell script that installs workers from `catalogUrl`. It accepts signatures by `keys` only. `bound`: only
 * those that name their file, worker and version.
 */
export function installScript(catalogUrl: string, keys: MinisignPublicKey[], bound = false): string {
  return PARTS.join("\n")
    .replace("@CATALOG@", () => shellQuote(catalogUrl))
    .replace("@BOUND@", () => shellQuote(bound ? "yes" : ""))
    .replace("@RELEASE_KEYS@", () => shellQuote(keys.map(encodeMinisignPublicKey).join(" ")));
}

/** A text as one literal word of a POSIX shell (XCU, 2.2.2 "Single-Quotes"). */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The origin of the catalog in the guide's examples. */
const CATALOG = "https://catalog.rbee.dev";

/**
 * docs/install.md for the catalog at `catalogUrl`. Links to files that are not served become their names. Only a
 * development catalog is on http: its commands allow that.
 */
export const installGuide = (catalogUrl: string): string =>
  guide
    .replaceAll(/\[([^\]]+)\]\([\w-]+\.md(?:#[\w-]+)?\)/g, "$1 in the sources")
    .replaceAll(CATALOG, () => catalogUrl)
    .replaceAll(" --proto =https ", catalogUrl.startsWith("https:") ? " --proto =https " : " ")
    .replaceAll(withCredential(CATALOG), () => withCredential(catalogUrl))
    .replaceAll(`machine ${new URL(CATALOG).hostname}`, () => `machine ${new URL(catalogUrl).hostname}`)
    // The names of container images begin with the registry's host and port.
    .replaceAll(new URL(CATALOG).host, () => new URL(catalogUrl).host);

const withCredential = (url: string): string => url.replace("://", "://MACHINE:KEY@");
