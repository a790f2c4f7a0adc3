import { INSTALL_SYSTEM_WORDS, type InstallSystem } from "../../domain/catalog/install-systems.ts";
import type { IconName } from "../page/icons.ts";
import { type Child, type FC, Icon } from "../page/kit.ts";

const ICONS: Record<InstallSystem, IconName> = {
  linux: "linux",
  debian: "debian",
  fedora: "fedora",
  arch: "arch",
  macos: "apple",
  windows: "windows",
  container: "container",
};

type Props = {
  /** The system whose panel is shown first. */
  shown: InstallSystem;
  panels: readonly { system: InstallSystem; content: Child }[];
  /** The level of the panels' headings, which are hidden from sight. */
  level: 2 | 3;
};

/**
 * One panel for each system, and a choice of the one that is shown. The choice is a group of radio buttons, and the
 * style sheet hides the other panels, so it needs no script. Put it on a page once.
 */
export const SystemTabs: FC<Props> = ({ shown, panels, level }) => {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <div class="systems">
      <fieldset>
        <legend class="unseen">Your system</legend>
        {panels.map(({ system }) => (
          <>
            <input
              type="radio"
              class="unseen"
              name="system"
              id={`system-${system}`}
              value={system}
              checked={system === shown}
            />
            <label for={`system-${system}`}>
              <Icon name={ICONS[system]} /> {INSTALL_SYSTEM_WORDS[system]}
            </label>
          </>
        ))}
      </fieldset>
      {panels.map(({ system, content }) => (
        <div class={`panel on-${system}`}>
          <Heading class="unseen">{INSTALL_SYSTEM_WORDS[system]}</Heading>
          {content}
        </div>
      ))}
    </div>
  );
};
