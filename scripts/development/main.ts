import { once } from "node:events";
import { writePrivateFile } from "../../src/cli/files.ts";
import { readDevelopmentStart } from "../../src/cli/settings.ts";
import { bundleCommand } from "../build-cli/bundle.ts";
import { signCommand, writeServedCommand } from "../build-cli/command-files.ts";
import { ensureOwnerToken, ensureReleaseKey } from "./credentials.ts";
import { type Forwarding, forwardPort, UPSTREAM_PORT } from "./forward.ts";
import { guide } from "./guide.ts";
import { migrate, openLedger } from "./ledger.ts";
import { onParentEnd } from "./parent.ts";
import { developmentPaths, makeFolders } from "./paths.ts";
import { DEFAULT_PORT, readPort, refuseBusyPort } from "./port.ts";
import { explain, say, sayCount, shortPath } from "./screen.ts";
import { seed } from "./seed.ts";
import { startCron, startServer } from "./server.ts";
import { startStandInProcess, stripeBindings, usesStandIn } from "./stripe.ts";
import { ensureVariables, publisherBindings } from "./variables.ts";

/**
 * `npm start`: brings a checkout to a running catalog and serves until it is stopped. Every step makes missing parts
 * and keeps existing ones, so the next start completes an interrupted one. Environment: PORT (8787), DEV_DIR (a
 * separate folder for secrets and data, for a second server). On port 8787 it also answers at 7811, where upstream's
 * newest clients ask.
 */
async function serve(stop: AbortSignal): Promise<void> {
  const paths = developmentPaths(process.env["DEV_DIR"]);
  const port = readPort(process.env["PORT"]);
  const url = `http://localhost:${port}`;
  await refuseBusyPort(port);

  say(`Secrets: ${shortPath(paths.folder)}, ${shortPath(paths.variables)}`);
  await makeFolders(paths);
  const releaseKey = await ensureReleaseKey(paths.releaseKey);
  const variables = await ensureVariables(paths.variables, releaseKey);

  say("Command: bundling and signing it");
  const command = await bundleCommand();
  await writeServedCommand(paths.public, command, await signCommand(releaseKey, command));
  stop.throwIfAborted();

  say(`Worker: building and starting it, with its log in ${shortPath(paths.serverLog)}`);
  const stripe = usesStandIn(variables) ? await startStandInProcess(paths, variables, { port, url }) : null;
  const server = startServer(paths, port, {
    ...(variables["PUBLIC_URL"] === undefined ? { PUBLIC_URL: url } : {}),
    // The log of a development server costs nothing.
    ...(variables["LOG_REQUESTS"] === undefined ? { LOG_REQUESTS: "all" } : {}),
    // A refused customer can buy here.
    ...(variables["PURCHASE_URL"] === undefined ? { PURCHASE_URL: `${url}/plans` } : {}),
    ...publisherBindings(variables),
    ...stripeBindings(variables, stripe),
  });
  let forwarding: Forwarding | null = null;
  try {
    await server.ready(stop);
    await migrate(url, (done, total) => sayCount("Migrations", done, total));
    const adminToken = await ensureOwnerToken(paths.ownerToken, await openLedger(url));
    const earlier = await readDevelopmentStart(process.env["DEV_DIR"]);
    say("Samples: two workers and a license");
    const licenseKey = await seed({
      url,
      adminToken,
      licenseKey: earlier?.license_key ?? null,
      releaseKey,
      folder: paths.folder,
    });
    stop.throwIfAborted();
    const start = {
      url,
      admin_token: adminToken,
      license_key: licenseKey,
      ...(stripe ? { stripe_control_url: stripe.controlUrl } : {}),
    };
    await writePrivateFile(paths.start, `${JSON.stringify(start, null, 2)}\n`);
    // Another server of this machine, or upstream's own catalog, may have the port: then nothing is lost.
    if (port === DEFAULT_PORT) forwarding = await forwardPort(UPSTREAM_PORT, port);
    console.log(guide(start, shortPath(paths.serverLog), forwarding ? `http://localhost:${UPSTREAM_PORT}` : null));
    server.showErrors();
    const stopCron = startCron(url, server.log);
    const ended = await Promise.race([
      server.exited.then((code) => `The Worker's server ended by itself (status ${code}); see ${paths.serverLog}`),
      ...(stripe ? [stripe.exited.then((code) => `The stand-in for Stripe ended by itself (status ${code}).`)] : []),
      untilAborted(stop),
    ]).finally(stopCron);
    if (ended !== null) throw new Error(ended);
  } finally {
    forwarding?.stop();
    await server.stop();
    await stripe?.stop();
  }
}

async function untilAborted(signal: AbortSignal): Promise<null> {
  if (!signal.aborted) await once(signal, "abort");
  return null;
}

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort());
onParentEnd(() => stopping.abort());
// The terminal may be gone. Then only the end of the servers matters, not the messages.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stopping.abort());

try {
  await serve(stopping.signal);
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}
if (stopping.signal.aborted) console.log("Stopped.");
