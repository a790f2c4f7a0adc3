import type { InstallSystem } from "../../domain/catalog/install-systems.ts";

/** The distributions that some browsers name: Firefox of Debian, Ubuntu and Fedora, for example. */
const DISTRIBUTIONS: readonly [InstallSystem, RegExp][] = [
  ["arch", /\barch ?linux\b/i],
  ["debian", /\b(?:debian|k?ubuntu|linux mint|pop!_os)\b/i],
  ["fedora", /\b(?:fedora|red hat|centos|almalinux|rocky linux|opensuse|suse)\b/i],
];

/**
 * The system that a visitor's browser names: by its client hint (`Sec-CH-UA-Platform`, which Chromium sends by itself),
 * else by its `User-Agent`. Linux for a phone and for a program that names none.
 */
export function visitorSystem(headers: Pick<Headers, "get">): InstallSystem {
  const agent = headers.get("User-Agent") ?? "";
  const distribution = DISTRIBUTIONS.find(([, names]) => names.test(agent));
  if (distribution) return distribution[0];
  const hint = headers.get("Sec-CH-UA-Platform")?.replaceAll('"', "");
  const name = hint || (/\b(?:iPhone|iPad|iPod|Android)\b/.test(agent) ? "" : agent);
  if (/\bwindows\b/i.test(name)) return "windows";
  return /\bmac(?:os|intosh)\b/i.test(name) ? "macos" : "linux";
}
