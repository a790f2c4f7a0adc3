import { CopyBlock, type FC } from "../page/kit.ts";

type Props = {
  /** The catalog's origin. */
  url: string;
  /** The file to verify; its signature lies beside it. */
  filename: string;
};

/** The commands that verify a file with minisign and our public key, without trusting this page's checksums. */
export const VerifyCommands: FC<Props> = ({ url, filename }) => (
  <CopyBlock id="verify-commands" what="the commands to verify a file">
    {`curl -fsSLO ${url}/keys/release-signing.pub\nminisign -V -p release-signing.pub -m ${filename}`}
  </CopyBlock>
);
