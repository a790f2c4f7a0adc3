import { card, glibc, type OtherMachine, onGlibc, print } from "./machines.ts";

const node = (number: number, target: number): Record<string, string> => ({
  [`/sys/class/kfd/kfd/topology/nodes/${number}/properties`]:
    `cpu_cores_count ${target === 0 ? 16 : 0}\nsimd_count ${target === 0 ? 0 : 192}\n` +
    `gfx_target_version ${target}\nvendor_id ${target === 0 ? 0 : 4098}\n`,
  [`/sys/class/kfd/kfd/topology/nodes/${number}/mem_banks/0/properties`]: `heap_type ${target === 0 ? 0 : 1}\nsize_in_bytes 25753026560\nflags 0\n`,
});

/** Machines with AMD's GPUs, and with other C libraries. */
export const OTHER_MACHINES: readonly OtherMachine[] = [
  {
    name: "AMD GPUs with ROCm",
    source: "ROCm/rocm-cli#343 (MI300X: 90402), JuliaGPU/AMDGPU.jl#1039 (7900 XTX: 110000), ROCm/legacy-rocm-build#419",
    files: {
      ...node(0, 0),
      ...node(1, 90_402),
      ...node(2, 110_000),
      ...node(3, 90_010),
      "/dev/kfd": "",
      "/opt/rocm/.info/version": "6.3.1-48\n",
      ...card("0x1002"),
    },
    programs: glibc,
    expected: {
      ...onGlibc,
      gpus: [
        { vendor: "amd", rocm: "6.3.1", architecture: "gfx942", memory_bytes: 25_753_026_560 },
        { vendor: "amd", rocm: "6.3.1", architecture: "gfx1100", memory_bytes: 25_753_026_560 },
        { vendor: "amd", rocm: "6.3.1", architecture: "gfx90a", memory_bytes: 25_753_026_560 },
      ],
    },
  },
  {
    name: "an AMD GPU that was not passed into the container",
    source: "the host's /sys, as containers see it; ROCm's guide to Docker asks for --device=/dev/kfd",
    files: { ...node(1, 110_000), ...card("0x1002") },
    programs: glibc,
    expected: onGlibc,
    doubt: /its AMD GPU, because \/dev\/kfd is not here/,
  },
  {
    name: "an AMD GPU in WSL",
    source: "ollama/ollama#3158, ROCm/legacy-rocm-build#3734",
    files: { "/opt/rocm/.info/version": "6.1.0-82\n" },
    programs: {
      ...glibc,
      "/opt/rocm/bin/rocminfo": print(
        "*******\nAgent 1\n*******\n  Name:                    CPU\n  Uuid:                    CPU-XX\n" +
          "*******\nAgent 2\n*******\n  Name:                    gfx1100                            \n" +
          "  Marketing Name:          AMD Radeon RX 7900 XT\n  ISA Info:\n    ISA 1\n" +
          "      Name:                    amdgcn-amd-amdhsa--gfx1100",
      ),
    },
    expected: { ...onGlibc, gpus: [{ vendor: "amd", rocm: "6.1.0", architecture: "gfx1100" }] },
  },
  {
    name: "an AMD card without ROCm",
    source: "ROCm/legacy-rocm-build#1361",
    files: card("0x1002"),
    programs: { ...glibc, rocminfo: "echo 'ROCk module is NOT loaded, possibly no GPU devices'\nexit 1\n" },
    expected: onGlibc,
    doubt: /its AMD GPU, because rocminfo failed/,
  },
  {
    name: "Alpine",
    source: "sgerrand/alpine-pkg-glibc#172, vectordotdev/vector#10804 (to the standard error)",
    programs: {
      getconf: `[ "$1" = LONG_BIT ] && echo 64 || exit 1\n`,
      ldd: `{\n${print("musl libc (x86_64)\nVersion 1.1.24\nDynamic Program Loader\nUsage: ldd [options] [--] pathname")}} >&2\nexit 1\n`,
    },
    files: { "/lib/ld-musl-x86_64.so.1": "" },
    expected: { userland_bits: 64, libc: { name: "musl", version: "1.1.24" }, gpus: [] },
  },
  {
    name: "Ubuntu with musl beside glibc",
    source: "aws/aws-cli#10668",
    programs: glibc,
    files: { "/lib/ld-musl-x86_64.so.1": "" },
    expected: { ...onGlibc, gpus: [] },
  },
  {
    name: "an image without getconf GNU_LIBC_VERSION",
    source: "vectordotdev/vector#10804 (Ubuntu 20.04)",
    programs: {
      getconf: `[ "$1" = LONG_BIT ] && echo 64 || exit 1\n`,
      ldd: print("ldd (Ubuntu GLIBC 2.31-0ubuntu9.2) 2.31\nCopyright (C) 2020 Free Software Foundation, Inc."),
    },
    expected: { userland_bits: 64, libc: { name: "glibc", version: "2.31" }, gpus: [] },
  },
  {
    name: "an image without getconf and ldd",
    source: "axodotdev/cargo-dist#1439 (Wolfi)",
    programs: {
      getconf: `[ "$1" = LONG_BIT ] && echo 64 || exit 1\n`,
      ldd: "exit 127\n",
      "/lib64/ld-linux-x86-64.so.2": print("ld.so (Debian GLIBC 2.36-9+deb12u4) stable release version 2.36."),
    },
    expected: { userland_bits: 64, libc: { name: "glibc", version: "2.36" }, gpus: [] },
  },
  {
    name: "Raspberry Pi OS with 32-bit libraries",
    source: "dotnet/arcade#13386",
    programs: { getconf: `case $1 in LONG_BIT) echo 32 ;; *) echo 'glibc 2.31' ;; esac\n` },
    expected: { userland_bits: 32, libc: { name: "glibc", version: "2.31" }, gpus: [] },
  },
  {
    name: "a system whose C library tells nothing",
    source: "Android: bionic has neither getconf's variable nor ldd --version",
    programs: { getconf: `[ "$1" = LONG_BIT ] && echo 64 || exit 1\n`, ldd: "exit 1\n" },
    expected: { userland_bits: 64, gpus: [] },
    doubt: /its C library/,
  },
];
