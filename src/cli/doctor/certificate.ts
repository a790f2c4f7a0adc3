import { once } from "node:events";
import { isIP } from "node:net";
import { connect } from "node:tls";
import { type Finding, fail, pass, unclear, warn } from "../../domain/doctor/finding.ts";
import { messageOf } from "../../lib/error-message.ts";
import { DAY } from "../../lib/time.ts";

/** The TLS connection to a host: its protocol, and the end of its certificate in milliseconds; or the refusal. */
export type TlsFact = { protocol: string; validTo: number } | { error: string };

/** How long the doctor waits for a connection, in milliseconds. */
const PATIENCE_MS = 10_000;

/** The days before the end of a certificate at which it should have been renewed. */
const DUE_DAYS = 7;

/** Connects by TLS and closes the connection. Never throws. */
export async function readTls(url: URL): Promise<TlsFact> {
  const { hostname, port } = url;
  // RFC 6066 forbids an IP address as the name that a client sends.
  const name = isIP(hostname) === 0 ? { servername: hostname } : {};
  const socket = connect({ host: hostname, port: Number(port || 443), ...name });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(PATIENCE_MS) });
    return { protocol: socket.getProtocol() ?? "", validTo: Date.parse(socket.getPeerCertificate().valid_to) };
  } catch (error) {
    return { error: messageOf(error) };
  } finally {
    socket.destroy();
  }
}

/** Whether clients accept the certificate, and for how long. `now` in milliseconds. */
export function checkCertificate(fact: TlsFact, now: number): Finding {
  if ("error" in fact) return fail("certificate", `No TLS connection can be made: ${fact.error}`);
  const { protocol, validTo } = fact;
  if (Number.isNaN(validTo)) return unclear("certificate", "The end of the certificate could not be read.");
  const days = Math.floor((validTo - now) / (DAY * 1000));
  const detail = `The certificate is valid for ${days} more days, over ${protocol}.`;
  return days < DUE_DAYS ? warn("certificate", detail) : pass("certificate", detail);
}
