import { once } from "node:events";
import { writePrivateFile } from "../src/cli/files.ts";
import { readDevelopmentStart } from "../src/cli/settings.ts";
import { startCron } from "./development/cron.ts";
import { guide } from "./development/guide.ts";
import { ensureOwnerToken } from "./development/owner-token.ts";
import { developmentPaths } from "./development/paths.ts";
import { readPort } from "./development/port.ts";
import { ensureReleaseKey } from "./development/release-key.ts";
import { seed } from "./development/seed.ts";
import { refuseBusyPort, startServer } from "./development/server.ts";
import { startStandInProcess, stripeBindings, usesStandIn } from "./development/stripe.ts";
import { ensureVariables } from "./development/variables.ts";
import { runWrangler } from "./development/wrangler.ts";

/**
 * `npm start`: brings a checkout to a running catalog, whatever is or isn't there yet, and serves until it is stopped.
 * Every step makes what is missing and keeps what is there, so that a start which was cut is finished by the next.
 * Environment: PORT (8787), DEV_DIR (a folder of its own for secrets and data, for a second server).
 */
async function serve(stop: AbortSignal): Promise<void> {
  const paths = developmentPaths(process.env["DEV_DIR"]);
  const port = readPort(process.env["PORT"]);
  const url = `http://localhost:${port}`;
  await refuseBusyPort(port);

  console.log("Preparing secrets and data ...");
  const releaseKey = await ensureReleaseKey(paths.releaseKey);
  const variables = await ensureVariables(paths.variables, releaseKey);
  await runWrangler(["d1", "migrations", "apply", "DB", "--local", "--persist-to", paths.state], stop);
  const adminToken = await ensureOwnerToken(paths, stop);

  console.log("Starting the Worker ...");
  const stripe = usesStandIn(variables) ? await startStandInProcess(paths, variables, { port, url }) : null;
  const server = startServer(paths, port, {
    ...(variables["PUBLIC_URL"] === undefined ? { PUBLIC_URL: url } : {}),
    // Whoever is refused here can buy here.
    ...(variables["PURCHASE_URL"] === undefined ? { PURCHASE_URL: `${url}/plans` } : {}),
    ...stripeBindings(variables, stripe),
  });
  try {
    await server.ready(stop);
    const earlier = await readDevelopmentStart(process.env["DEV_DIR"]);
    const licenseKey = await seed({
      url,
      adminToken,
      licenseKey: earlier?.license_key ?? null,
      releaseKey,
      folder: paths.folder,
    });
    const start = {
      url,
      admin_token: adminToken,
      license_key: licenseKey,
      ...(stripe ? { stripe_control_url: stripe.controlUrl } : {}),
    };
    await writePrivateFile(paths.start, `${JSON.stringify(start, null, 2)}\n`);
    console.log(guide(start));
    server.showLog();
    const stopCron = startCron(url);
    const code = await Promise.race([server.exited, ...(stripe ? [stripe.exited] : []), untilAborted(stop)]).finally(
      stopCron,
    );
    if (code !== "stopped")
      throw new Error(`The Worker's server, or the stand-in for Stripe, ended by itself (status ${code}).`);
  } finally {
    await server.stop();
    await stripe?.stop();
  }
}

async function untilAborted(signal: AbortSignal): Promise<"stopped"> {
  if (!signal.aborted) await once(signal, "abort");
  return "stopped";
}

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort());

try {
  await serve(stopping.signal);
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
if (stopping.signal.aborted) console.log("Stopped.");
