import { activationCommand } from "../../../domain/licensing/license/key.ts";
import type { LicenseRow } from "../../../domain/licensing/license/record.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import { CopyBlock, type FC, Notice, PostForm } from "../../page/kit.ts";
import { accountPage, licensePath } from "../frame.tsx";

/** The content of a license's key section. */
export type KeyContent = {
  license: LicenseRow;
  /** The license key, if the customer asked to see it. */
  licenseKey: string | null;
  /** Whether this key has just replaced another. */
  isRotated?: boolean;
  csrf: string;
  /** This service's own origin. */
  url: string;
};

/** The section with the license key, or with the button that shows it. */
export const KeySection: FC<KeyContent> = ({ license, licenseKey, isRotated = false, csrf, url }) => (
  <section id="key">
    <h2>License key</h2>
    {isRotated ? (
      <Notice tone="good">This is your new key. The old key no longer works. We have mailed you the new one.</Notice>
    ) : null}
    {licenseKey === null ? (
      <PostForm action={`${licensePath(license.id)}/key#key`} csrf={csrf}>
        <button type="submit">Show the key</button>
      </PostForm>
    ) : (
      <>
        <CopyBlock id="license-key" what="the license key">
          {licenseKey}
        </CopyBlock>
        <p>Keep it secret, like a password. On each machine, run this command and paste the key when it asks:</p>
        <CopyBlock id="activate" what="the command">
          {activationCommand(url)}
        </CopyBlock>
      </>
    )}
    <p class="quiet">
      Has somebody else seen it? <a href={`${licensePath(license.id)}/rotate-key`}>Replace the key</a>.
    </p>
  </section>
);

/** The page that explains a replacement of the key and asks to confirm it. */
export const rotateKeyPage = (license: LicenseRow, csrf: string): Promise<Response> =>
  accountPage({
    csrf,
    title: "Replace the key",
    main: (
      <>
        <h1>Replace the key of {planName(license.plan)}?</h1>
        <ul>
          <li>The old key stops working at once, for everybody. Downloads with it end within about 70 seconds.</li>
          <li>Your machines keep their seats. Activate each machine again with the new key.</li>
          <li>Machines with an offline lease work until the lease ends.</li>
          <li>The next page shows the new key. We also mail it to the owner of the license.</li>
        </ul>
        <PostForm action={`${licensePath(license.id)}/rotate-key#key`} csrf={csrf} class="row">
          <input type="hidden" name="generation" value={String(license.generation)} />
          <button type="submit" class="danger">
            Replace the key
          </button>
          <a href={licensePath(license.id)}>Keep the current key</a>
        </PostForm>
      </>
    ),
  });
