import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import { commandsFor, type InstallWay, isPremium, latestFiles } from "../../domain/catalog/format.ts";

/** The base of the image. It has the C library and the runtime of GCC, which a worker for any CPU needs. */
const BASE = "debian:stable-slim";

/**
 * The way to build a container image with a worker for any CPU; none without a binary for Linux. A worker for a GPU has
 * none: its image would need the libraries of the GPU's maker, which no image of ours has been tried with.
 *
 * The license key of a premium worker is a build secret, so no layer has it. The image has one machine name, so each
 * build of it takes the same seat.
 */
export function containerWay(available: AvailableWorker, url: string): InstallWay[] {
  const { worker } = available;
  const isForLinux = latestFiles(available, "binary").some(({ platform }) => platform.startsWith("linux-"));
  if (worker.backend !== "cpu" || !isForLinux) return [];
  const premium = isPremium(available);
  const download = `curl -fsSL ${url}/install.sh`;
  const install = premium
    ? `RUN --mount=type=secret,id=license ${download} | RBEE_MACHINE=image-of-${worker.variant} RBEE_LICENSE_KEY=$(cat /run/secrets/license) sh -s -- ${worker.id}`
    : `RUN ${download} | sh -s -- ${worker.id}`;
  const build = `docker build ${premium ? "--secret id=license,env=RBEE_LICENSE_KEY " : ""}-t ${worker.id} - <<'EOF'`;
  const dockerfile = [
    `FROM ${BASE}`,
    "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl",
    install,
    `ENTRYPOINT ["/root/.cache/rbee/workers/${worker.id}"]`,
    "EOF",
  ].join("\n");
  return [
    {
      id: "docker",
      name: "Docker",
      systems: ["container"],
      about: premium
        ? "Builds an image with the worker. Paste your license key when prompted: it stays out of the image. The image takes one seat."
        : "Builds an image with the worker. We don't publish ready-made images yet.",
      commands: commandsFor(available, "RBEE_LICENSE_KEY", `${build}\n${dockerfile}`),
    },
  ];
}
