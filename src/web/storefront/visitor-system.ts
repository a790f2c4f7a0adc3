import type { InstallSystem } from "../../domain/catalog/install-systems.ts";

/**
 * The system that a visitor's browser names: by its client hint (`Sec-CH-UA-Platform`, which Chromium sends by itself),
 * else by its `User-Agent`. Linux for a phone and for a program that names none.
 */
export function visitorSystem(headers: Pick<Headers, "get">): InstallSystem {
  const agent = headers.get("User-Agent") ?? "";
  if (/\barch ?linux\b/i.test(agent)) return "arch";
  const hint = headers.get("Sec-CH-UA-Platform")?.replaceAll('"', "");
  const name = hint || (/\b(?:iPhone|iPad|iPod|Android)\b/.test(agent) ? "" : agent);
  if (/\bwindows\b/i.test(name)) return "windows";
  return /\bmac(?:os|intosh)\b/i.test(name) ? "macos" : "linux";
}
