import type { CatalogCommand } from "../command.ts";
import { REASON } from "../license-answer.ts";
import { setBaseImage } from "../publish/base-image.ts";
import { readImageLayout } from "../publish/image-layout.ts";

type BaseOptions = { name: string; backend: string; reason: string };

/** Adds `container`, the commands for the catalog's container images. */
export function addContainerCommands(program: CatalogCommand): void {
  const container = program.command("container").description("Prepares the catalog's container images.");

  container
    .command("base")
    .summary("set the image that container images are made on")
    .description(
      "Uploads the layers of an image that the catalog lacks, and sets it as the base of images that are made from now on, for " +
        "workers of one backend whose program is not static. Images of before keep theirs.",
    )
    .argument("<layout>", "a folder with an OCI image layout, for one platform or several")
    .requiredOption("--name <reference>", "the name of the image, which the images then name as their base")
    .requiredOption(...REASON)
    .option("--backend <backend>", "cpu, cuda or rocm", "cpu")
    .addHelpText(
      "after",
      `
Example:
  $ skopeo copy --all docker://debian:12-slim oci:debian
  $ rbee-catalog container base debian --name docker.io/library/debian:12-slim \\
      --reason 'the C library for workers for any CPU'`,
    )
    .runAsAdmin(async ({ client, show }, layout: string, { name, backend, reason }: BaseOptions) => {
      const images = await readImageLayout(layout);
      for (const image of images) await setBaseImage(client, image, { name, backend, reason });
      const set = images.map(({ platform, digest, layers }) => ({ platform, digest, layers: layers.length }));
      show({ backend, name, images: set }, () =>
        set.map((one) => `${backend} ${one.platform}: ${name}, ${one.layers} layers, ${one.digest}`).join("\n"),
      );
    });
}
