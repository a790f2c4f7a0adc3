import { activationCommand } from "../../../domain/licensing/license/key.ts";
import { isRevoked, type License } from "../../../domain/licensing/license/record.ts";
import { openedWorker } from "../../../domain/licensing/opened-worker.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import { commandLine, installLine } from "../../../domain/workers/install-line.ts";
import { CopyBlock, type FC, Notice, PostForm, Section } from "../../page/kit.ts";
import { accountPage, licensePath, type Visitor } from "../frame.tsx";

/** The content of a license's key section. */
export type KeyContent = {
  license: License;
  /** The license key, if the customer asked to see it. */
  licenseKey: string | null;
  /** Whether this key has just replaced another. */
  isRotated?: boolean;
  visitor: Visitor;
  /** This service's own origin. */
  url: string;
};

/** The section with the license key, or with the button that shows it. */
export const KeySection: FC<KeyContent> = ({ license, licenseKey, isRotated = false, visitor, url }) => (
  <Section title="License key" id="key" lead="Treat it like a password." sided>
    <div>
      {isRotated ? (
        <Notice tone="good">This is your new key. The old key no longer works. We've emailed you the new one.</Notice>
      ) : null}
      {licenseKey === null ? (
        <PostForm action={`${licensePath(license.id)}/key#key`} csrf={visitor.csrfToken}>
          <button type="submit">Show the key</button>
        </PostForm>
      ) : (
        <>
          <CopyBlock id="license-key" what="the license key">
            {licenseKey}
          </CopyBlock>
          <p>On each machine, install a worker with this line and paste your key when prompted:</p>
          <CopyBlock id="install" what="the install line">
            {installLine(url, openedWorker(license))}
          </CopyBlock>
          <p>
            Or activate the machine with the <code>rbee-catalog</code> command. Get the command first:
          </p>
          <CopyBlock id="activate" what="the commands">
            {`${commandLine(url)}\n${activationCommand(url)}`}
          </CopyBlock>
        </>
      )}
      {isRevoked(license) ? null : (
        <p class="quiet">
          Key leaked? <a href={`${licensePath(license.id)}/rotate-key`}>Replace the key</a>.
        </p>
      )}
    </div>
  </Section>
);

/** The page that explains a replacement of the key and asks to confirm it. */
export const rotateKeyPage = (license: License, visitor: Visitor): Promise<Response> =>
  accountPage({
    visitor,
    title: "Replace the key",
    main: (
      <>
        <h1>Replace the key of {planName(license.plan)}?</h1>
        <ul>
          <li>The old key stops working at once, for everybody. Downloads with it usually end within 40 seconds.</li>
          <li>Your machines keep their seats. Activate each machine again with the new key.</li>
          <li>
            A machine with an offline lease works until the lease ends, or until it is online and reads that the lease
            is no longer valid.
          </li>
          <li>The next page shows the new key. We also email it to the owner of the license.</li>
        </ul>
        <PostForm action={`${licensePath(license.id)}/rotate-key#key`} csrf={visitor.csrfToken} class="row">
          <input type="hidden" name="generation" value={String(license.generation)} />
          <button type="submit" class="danger">
            Replace the key
          </button>
          <a href={licensePath(license.id)}>Keep the current key</a>
        </PostForm>
      </>
    ),
  });
