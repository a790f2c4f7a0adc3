/**
 * A valid semantic version as the `pkgver` of a recipe or package, which may have no hyphen: `1.2.0-rc.1` becomes
 * `1.2.0rc.1`. vercmp sorts letters below the release itself, as semver does; a prerelease that begins with a digit is
 * given some (`1.2.0-1`: `1.2.0pre1`), or it would pass for a later version, as one that begins with a hyphen would. Without
 * two dots together, which no file name may have.
 */
export function pkgverOf(version: string): string {
  const [core = "", ...rest] = version.split("-");
  const prerelease = rest.join(".").replaceAll(/\.+/g, ".");
  return `${core}${/^[\d.]/.test(prerelease) ? "pre" : ""}${prerelease}`;
}
