import type { AvailableWorker } from "../../domain/catalog/available-workers.ts";
import { type InstallWay, isPremium, latestFiles } from "../../domain/catalog/format.ts";
import { architectureOf, repositoryOf } from "./names.ts";

/** The base of an image for a program that needs a C library. It also has the runtime of GCC. */
const BASE = "debian:stable-slim";

/**
 * The ways to run a worker in a container; none without a binary for Linux. A static program runs from its image as it
 * is. Another one is copied into an image that has its libraries, which for a GPU depend on the machine's driver.
 */
export function containerWays(available: AvailableWorker, url: string): InstallWay[] {
  const { worker } = available;
  const binaries = latestFiles(available, "binary").filter(({ platform }) => architectureOf(platform) !== null);
  if (binaries.length === 0) return [];
  const host = new URL(url).host;
  const image = `${host}/${repositoryOf(worker)}`;
  const isStatic = binaries.some(({ requires }) => requires?.libc?.name === "musl");
  const login = (tool: string) => (isPremium(available) ? [`${tool} login -u MACHINE ${host}`] : []);
  const license = isPremium(available)
    ? " Replace MACHINE by any name for this computer, and paste your license key as the password."
    : "";
  const gpu = worker.backend === "cuda" ? "--gpus all " : "";
  const run = (tool: string) => [...login(tool), `${tool} pull ${image}`];
  const dockerfile = [
    `docker build -t ${worker.variant} - <<'EOF'`,
    `FROM ${BASE}`,
    `COPY --from=${image} /usr/bin/${worker.id} /usr/bin/`,
    `ENTRYPOINT ["/usr/bin/${worker.id}"]`,
    "EOF",
  ].join("\n");
  const about = isStatic
    ? `Pulls an image for your CPU, which has the program alone. Start it with docker run ${gpu}--rm ${image}.`
    : "Pulls an image for your CPU. If its description says that it has no C library, copy the program into an image that has one.";
  return [
    {
      id: "docker",
      name: "Docker",
      systems: ["container"],
      about: about + license,
      commands: run("docker").join(" &&\n"),
    },
    {
      id: "podman",
      name: "Podman",
      systems: ["container"],
      about: `Pulls the same image without a daemon.${license}`,
      commands: run("podman").join(" &&\n"),
    },
    ...(isStatic || worker.backend !== "cpu"
      ? []
      : [
          {
            id: "dockerfile",
            name: "Dockerfile",
            systems: ["container" as const],
            about: `Builds an image with the worker and its C library.${license} The key stays out of the image.`,
            commands: [...login("docker"), dockerfile].join(" &&\n"),
          },
        ]),
  ];
}
