import type { Requires, VersionRange } from "../../domain/releases/requires/requires.ts";

/** The relations of a package to others (Debian policy 7.2), each a list of alternatives. */
export type Relations = { depends: string[]; recommends: string[]; suggests: string[] };

/**
 * The relations that a build's needs ask for. The C library is a dependency. The libraries of CUDA and ROCm are
 * recommendations, because a system may have them from elsewhere, such as NVIDIA's installer or a container's base. The
 * driver is a suggestion only: apt installs recommendations, and a second driver breaks the first.
 */
export function relationsOf(requires: Requires | null): Relations {
  const { libc, cuda, rocm } = requires ?? {};
  return {
    depends: libc?.name === "glibc" ? [atLeast("libc6", libc.version)] : [],
    recommends: [...(cuda ? cudaLibraries(cuda) : []), ...(rocm ? ROCM_LIBRARIES : [])],
    suggests: cuda ? ["libcuda1"] : [],
  };
}

const atLeast = (name: string, version: string | undefined): string =>
  version === undefined ? name : `${name} (>= ${version})`;

/**
 * The runtime libraries of CUDA: by NVIDIA's repository, which has a package for each minor version, or by Debian 13's
 * and Ubuntu 24.04's source package nvidia-cuda-toolkit. apt takes the first alternative that it knows.
 */
function cudaLibraries({ min }: VersionRange): string[] {
  const [major = "", minor = "0"] = min.split(".");
  const ofNvidia = (name: string) => `${name}-${major}-${minor}`;
  return [
    `${ofNvidia("cuda-cudart")} | libcudart${major} (>= ${min})`,
    `${ofNvidia("libcublas")} | libcublas${major}`,
    `${ofNvidia("cuda-nvrtc")} | libnvrtc${major} (>= ${min})`,
    // Its own version has been 10 for CUDA 10.1 and all later ones.
    `${ofNvidia("libcurand")} | libcurand10`,
  ];
}

/** The libraries of ROCm by AMD's repository, and by Debian where it has the same. */
const ROCM_LIBRARIES: readonly string[] = [
  "hip-runtime-amd | libamdhip64-5",
  "rocblas",
  "rocsolver",
  "rocfft",
  "rocsparse | librocsparse0",
  "rocrand",
  "miopen-hip",
];
