import { z } from "@hono/zod-openapi";
import { BACKENDS, type Backend } from "../../workers/table.ts";
import type { Platform } from "../manifest.ts";
import { isRange, type Requires } from "./requires.ts";

const DottedVersion = z
  .string()
  .max(32)
  .regex(/^\d+(\.\d+){0,3}$/, "must be a dotted number, such as 12.4")
  .openapi({ example: "12.4" });

const Range = z
  .object({ min: DottedVersion, max: DottedVersion.optional() })
  .strict()
  .refine(isRange, { path: ["max"], message: "must not be below min" });

const LIBCS = ["glibc", "musl"] as const;

/**
 * A GPU generation: NVIDIA's compute capability, as binary code (`sm_90`, `sm_90a`) or PTX (`compute_80`), or LLVM's
 * name of one of AMD (`gfx90a`).
 */
const Gpu = z
  .string()
  .max(32)
  .regex(/^((sm|compute)_\d{2,3}[af]?|gfx[0-9a-f]{3,5})$/, "must be like sm_80, compute_80 or gfx1100")
  .openapi({ example: "sm_80" });

const CpuFeature = z
  .string()
  .max(32)
  .regex(/^[a-z][a-z0-9_.]*$/, "must be the lower-case name of a CPU feature, such as avx2")
  .openapi({ example: "avx2" });

/** The needs of a file as a publisher declares them. An unknown member is refused, because nothing would look at it. */
export const DeclaredRequires = z
  .object({
    backend: z.enum(BACKENDS).optional().openapi({ description: "Default: that of the worker.", example: "cuda" }),
    cuda: Range.optional().openapi({
      description:
        "The CUDA that it was built for. A driver of the same major version runs it (minor version compatibility), and every newer " +
        "one up to `max`; `max: 12` includes 12.9.",
      example: { min: "12.4" },
    }),
    rocm: Range.optional().openapi({ description: "The versions of ROCm that it runs with.", example: { min: "6.2" } }),
    gpu: z
      .array(Gpu)
      .min(1)
      .max(64)
      .optional()
      .openapi({
        description:
          "The GPU generations that it has code for: one of them must fit. Absent: every one. `compute_80` is PTX, which runs on that " +
          "and every newer generation, if the driver's own CUDA is not older than `cuda.min`.",
        example: ["sm_80", "sm_90"],
      }),
    libc: z
      .object({ name: z.enum(LIBCS), version: DottedVersion.optional() })
      .strict()
      .optional()
      .openapi({
        description: "The C library, and its lowest version. Absent on Linux: glibc.",
        example: { name: "glibc", version: "2.31" },
      }),
    cpu_features: z
      .array(CpuFeature)
      .min(1)
      .max(64)
      .optional()
      .openapi({
        description: "Features of the CPU, all of which it needs, by their names in Linux or Rust.",
        example: ["avx2", "fma"],
      }),
    memory_bytes: z
      .int()
      .min(1)
      .optional()
      .openapi({ description: "Memory of the machine in bytes that it does not start without.", example: 8589934592 }),
  })
  .strict()
  .openapi("Requires");

/** A fault of declared needs: the member, and a sentence for a person. */
export type RequiresFault = { path: string; message: string };

/**
 * The fault of needs that contradict the file's platform or the backend of its worker (null: unknown); null if there is
 * none.
 */
export function faultOfRequires(
  requires: Requires | null,
  { platform, backend }: { platform: Platform; backend: Backend | null },
): RequiresFault | null {
  if (requires === null) return null;
  const actual = backend ?? requires.backend;
  if (requires.backend !== undefined && requires.backend !== actual) {
    return fault("backend", `The worker is for ${actual}, so this file cannot be for ${requires.backend}.`);
  }
  for (const toolkit of ["cuda", "rocm"] as const) {
    if (requires[toolkit] && actual !== undefined && actual !== toolkit) {
      return fault(toolkit, `The worker is for ${actual}, which needs no ${toolkit}.`);
    }
  }
  const own = actual === "cuda" ? /^(sm|compute)_/ : actual === "rocm" ? /^gfx/ : null;
  const foreign = requires.gpu?.find((name) => actual !== undefined && !own?.test(name));
  if (foreign !== undefined) {
    return fault("gpu", `${foreign} is no GPU of a worker for ${actual}.`);
  }
  if (requires.libc && !platform.startsWith("linux-")) {
    return fault("libc", `Only a file for Linux names its C library, and this one is for ${platform}.`);
  }
  return null;
}

const fault = (member: string, message: string): RequiresFault => ({ path: `requires.${member}`, message });
