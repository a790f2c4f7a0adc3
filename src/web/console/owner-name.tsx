import type { FC } from "hono/jsx";
import { isErased, type LicenseRow } from "../../domain/licensing/license-record.ts";

/** Whose a license is, in a line of text. */
export const ownerText = (license: Pick<LicenseRow, "email">): string =>
  isErased(license) ? "Erased person" : license.email;

/** The same where it may be long: a mail address breaks before its `@`, if it must. */
export const OwnerName: FC<{ license: Pick<LicenseRow, "email"> }> = ({ license }) => {
  const [, name = "", host = ""] = /^(.*)(@[^@]*)$/s.exec(ownerText(license)) ?? [];
  if (host === "") return <>{ownerText(license)}</>;
  return (
    <>
      {name}
      <wbr />
      {host}
    </>
  );
};
