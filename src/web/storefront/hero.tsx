import type { InstallSystem } from "../../domain/catalog/install-systems.ts";
import { INSTALL_SYSTEM_WORDS } from "../../domain/catalog/install-systems.ts";
import type { QuickStart } from "../../domain/catalog/installation.ts";
import { CopyBlock, type FC } from "../page/kit.ts";
import { SystemTabs } from "./system-tabs.tsx";

type Props = { starts: readonly QuickStart[]; system: InstallSystem; level: 2 | 3 };

/** The first command for each system, that of the visitor's `system` shown first. */
export const QuickStartTabs: FC<Props> = ({ starts, system, level }) => (
  <SystemTabs
    shown={system}
    level={level}
    panels={starts.map((start) => ({ system: start.system, content: <Start {...start} /> }))}
  />
);

const Start: FC<QuickStart> = ({ system, way }) =>
  way === null ? (
    <p class="empty">
      Not yet. Nothing that installs on {INSTALL_SYSTEM_WORDS[system]} is released. <a href="/install">Other ways</a>
    </p>
  ) : (
    <>
      <CopyBlock id={`start-${system}`} what={`the command for ${INSTALL_SYSTEM_WORDS[system]}`}>
        {way.commands}
      </CopyBlock>
      <p class="quiet">{way.about}</p>
    </>
  );
