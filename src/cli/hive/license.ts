import { looksLikeLicenseKey } from "../../lib/credential.ts";
import { licenseOfEnvironment } from "../settings.ts";
import { machineFingerprint, renewToken, withFreshToken } from "./machine.ts";
import type { Activation, Hive } from "./state.ts";

/** A license as a request sends it: a token, or a key with the header that names its machine. */
export type SentLicense = { credential: string; headers?: Record<string, string> };

/** The license of this hive. */
export type LicenseSource = {
  /** The license to send, or null if there is none. Throws `CliError`. */
  current(): Promise<SentLicense | null>;
  /** The license to send in place of one that the catalog no longer accepts, or null. Throws `CliError`. */
  replaced(): Promise<SentLicense | null>;
};

/**
 * The license of this hive: that of the environment, the activation, or the development server. A token of the
 * activation that the catalog does not accept, for example because this machine's clock is behind, is replaced by its
 * key.
 */
export function licenseOfHive({ env, client, settings, activation, change }: Hive): LicenseSource {
  let seat = activation;
  const keep = async (fresh: Activation): Promise<SentLicense> => {
    if (fresh !== seat) await change((known) => ({ ...known, activation: fresh }));
    seat = fresh;
    return { credential: fresh.token };
  };
  /** The environment's license, unless it is the key of the activation, whose token is at hand. */
  const own = (): string | null => {
    const named = licenseOfEnvironment(env);
    return named !== null && named !== seat?.license_key ? named : null;
  };
  const withMachine = async (credential: string): Promise<SentLicense> => {
    if (!looksLikeLicenseKey(credential)) return { credential };
    // A header is bytes, and `fetch` takes each character for one.
    const machine = Buffer.from(await machineFingerprint(env), "utf8").toString("latin1");
    return { credential, headers: { "Rbee-Machine": machine } };
  };
  return {
    async current() {
      const named = own() ?? (seat === null ? settings.license : null);
      if (named !== null) return withMachine(named);
      return seat && keep(await withFreshToken(client, seat));
    },
    async replaced() {
      if (seat === null) return null;
      return keep(own() === null ? await renewToken(client, seat) : await withFreshToken(client, seat));
    },
  };
}
