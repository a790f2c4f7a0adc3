import guide from "../../../docs/install.md";
import { encodeMinisignPublicKey, type MinisignPublicKey } from "../../lib/minisign/minisign.ts";
import check from "./script/check.sh";
import download from "./script/download.sh";
import head from "./script/head.sh";
import machine from "./script/machine.sh";
import main from "./script/main.sh";
import platform from "./script/platform.sh";
import request from "./script/request.sh";
import tools from "./script/tools.sh";

/** What the head sets comes first; main's last line, which starts everything, last. */
const PARTS = [head, platform, machine, request, download, check, tools, main];

/**
 * The POSIX shell script that installs workers from the catalog at `catalogUrl` (an origin), and accepts signatures by `keys`
 * alone.
 */
export function installScript(catalogUrl: string, keys: MinisignPublicKey[]): string {
  return PARTS.join("\n")
    .replace("@CATALOG@", () => shellQuote(catalogUrl))
    .replace("@RELEASE_KEYS@", () => shellQuote(keys.map(encodeMinisignPublicKey).join(" ")));
}

/** A text as one word of a POSIX shell that stands for nothing but itself (XCU, 2.2.2 "Single-Quotes"). */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The catalog that the guide's examples name. */
const CATALOG = "https://catalog.rbee.dev";

/**
 * `docs/install.md` for the catalog at the origin `catalogUrl`. Other files of the sources are not served: what is a link to one
 * there is its name here.
 */
export const installGuide = (catalogUrl: string): string =>
  guide
    .replaceAll(/\[([^\]]+)\]\([\w-]+\.md(?:#[\w-]+)?\)/g, "$1 in the sources")
    .replaceAll(CATALOG, () => catalogUrl)
    .replaceAll(withCredential(CATALOG), () => withCredential(catalogUrl))
    .replaceAll(`machine ${new URL(CATALOG).hostname}`, () => `machine ${new URL(catalogUrl).hostname}`);

const withCredential = (url: string): string => url.replace("://", "://MACHINE:KEY@");
