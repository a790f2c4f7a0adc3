import guide from "../../../docs/install.md";

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
