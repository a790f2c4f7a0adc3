import { activationCommand } from "../../domain/licensing/license/key.ts";
import { commandLine, installLine } from "../../domain/workers/install-line.ts";
import { CopyBlock, type FC, Steps } from "../page/kit.ts";

/** `worker`: the one to install; null: the script chooses. `isKeyShown`: the page shows the key above. */
type Props = { worker: string | null; origin: string; isKeyShown: boolean };

/** The three steps from a license key to a running worker. No command has the key, because shells keep a history. */
export const NextSteps: FC<Props> = ({ worker, origin, isKeyShown }) => (
  <Steps
    steps={[
      {
        title: "On each machine, run this and paste your key",
        children: (
          <CopyBlock id="install" what="the install command">
            {installLine(origin, worker)}
          </CopyBlock>
        ),
      },
      {
        title: "Or use the command",
        children: (
          <>
            <p>The first line installs rbee-catalog, which lists machines, updates workers and works offline.</p>
            <CopyBlock id="activate" what="the commands">
              {`${commandLine(origin)}
${activationCommand(origin)}
rbee-catalog --url ${origin} install ${worker ?? ""}`.trimEnd()}
            </CopyBlock>
          </>
        ),
      },
      {
        title: "Find everything in your account",
        children: (
          <p>
            {isKeyShown ? "This key, your" : "Your key,"} machines and invoices are in{" "}
            <a href="/account">your account</a>. <a href="/install">Other ways to install</a> use the same key.
          </p>
        ),
      },
    ]}
  />
);
