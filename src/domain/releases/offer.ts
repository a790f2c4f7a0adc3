import { z } from "@hono/zod-openapi";
import type { Config } from "../../platform/config/config.ts";
import { PlatformName, Version } from "./fields.ts";
import type { Manifest } from "./manifest.ts";

/** The stable version of a worker that a place of users, such as a pacman repository, offers for a platform. */
export const OfferSchema = z
  .object({
    place: z.string().openapi({ example: "pacman repository rbee-premium" }),
    platform: PlatformName,
    version: Version.nullable().openapi({ description: "Null: the place has nothing for this platform." }),
    needs: z.string().openapi({
      description: "What a release must have to be offered there.",
      example: "a pacman package",
    }),
  })
  .openapi("Offer");

export type Offer = z.infer<typeof OfferSchema>;

/** The offers of every package manager for a worker with these releases, to an asker with an unlimited license. */
export type OffersOf = (workerId: string, manifest: Manifest, config: Config) => Offer[];
