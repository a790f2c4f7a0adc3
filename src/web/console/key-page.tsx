import type { License } from "../../domain/licensing/license-record.ts";
import { CopyBlock, Notice } from "../page/kit.ts";
import { type ConsoleContext, consolePage } from "./console-page.tsx";
import { EdgeNotice } from "./edge-notice.tsx";
import { licensePath } from "./license-path.ts";

type Props = {
  title: string;
  key: string;
  license: Pick<License, "id" | "email">;
  edge: "published" | "pending";
  /** Whether the owner is being sent it as well. */
  isMailed?: boolean;
};

/**
 * A license's new key: shown by the answer to the form that made it, and at no address, so that no history, log or reload by
 * somebody else holds it.
 */
export const keyPage = (c: ConsoleContext, { title, key, license, edge, isMailed = true }: Props): Promise<Response> =>
  consolePage(c, {
    part: "/admin/licenses",
    title,
    wide: false,
    main: (
      <>
        <h1>{title}</h1>
        <Notice tone="good">
          {isMailed
            ? `It is on its way to ${license.email} as well.`
            : `It has been sent to nobody: give it to ${license.email}.`}
        </Notice>
        <CopyBlock id="license-key" what="the license key">
          {key}
        </CopyBlock>
        <p>It is shown only here and now. The license's page does not show it; another one can be made any time.</p>
        <EdgeNotice edge={edge} />
        <p>
          <a href={licensePath(license.id)}>To the license</a>
        </p>
      </>
    ),
  });
