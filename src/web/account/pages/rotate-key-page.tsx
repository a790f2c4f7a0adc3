import type { LicenseRow } from "../../../domain/licensing/license/record.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import { PostForm } from "../../page/kit.ts";
import { licensePath } from "../license-path.ts";
import { accountPage } from "./account-page.tsx";

/** What replacing a license's key does, before it is done. */
export const rotateKeyPage = (license: LicenseRow, csrf: string): Promise<Response> =>
  accountPage({
    csrf,
    title: "Replace the key",
    main: (
      <>
        <h1>Replace the key of {planName(license.plan)}?</h1>
        <ul>
          <li>The old key stops working at once, for everybody who has it. Downloads with it end within 70 seconds.</li>
          <li>Your machines keep their seats, and need the new key: activate each of them again with it.</li>
          <li>Machines with an offline lease go on until it ends.</li>
          <li>You see the new key on the next page, and we mail it to the address that the license was bought with.</li>
        </ul>
        <PostForm action={`${licensePath(license.id)}/rotate-key#key`} csrf={csrf} class="row">
          <input type="hidden" name="generation" value={String(license.generation)} />
          <button type="submit" class="danger">
            Replace the key
          </button>
          <a href={licensePath(license.id)}>Leave it as it is</a>
        </PostForm>
      </>
    ),
  });
