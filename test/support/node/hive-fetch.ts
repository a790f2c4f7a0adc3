/**
 * The commands by which a hive fetches one source into `srcdir`; empty if it skips the source. Throws where a hive
 * fails. After `fetch_git_source` and `convert_https_to_ssh` in bin/20_rbee_hive/src/source_fetcher.rs of
 * rbee-keeper/rbee at 0509312f.
 */
export function hiveFetch(source: string, srcdir: string): string[][] {
  if (!source.startsWith("git+")) {
    if (/^https?:\/\//.test(source)) throw new Error("HTTP/HTTPS file downloads not yet implemented");
    return [];
  }
  const [location = "", ...rest] = source.slice("git+".length).split("#");
  const reference = rest.join("#");
  const github = "https://github.com/";
  const url = location.startsWith(github) ? `git@github.com:${location.slice(github.length)}` : location;
  const folder = `${srcdir}/${(url.split("/").at(-1) ?? "repo").replace(/(\.git)+$/, "")}`;
  const [, kind, name = ""] = /^(tag|branch|commit)=(.*)$/.exec(reference) ?? [];
  if (kind === "commit") {
    return [
      ["git", "clone", url, folder],
      ["git", "-C", folder, "checkout", name],
    ];
  }
  return [["git", "clone", "--depth", "1", ...(kind === undefined ? [] : ["--branch", name]), url, folder]];
}
