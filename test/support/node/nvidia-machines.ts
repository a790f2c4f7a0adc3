import { card, glibc, type OtherMachine, onGlibc, print } from "./machines.ts";

/** The header line of `nvidia-smi`. */
const header = (line: string): string =>
  print(`+-----------------------------------------------------------------------------------------+\n| ${line} |`);

/** A stand-in for nvidia-smi: the answers to the query of four fields, to the header, and to `-L`. */
const nvidiaSmi = (answers: { query?: string; old?: string; header?: string; list?: string }): string => `
case "$*" in
  *compute_cap*) ${answers.query === undefined ? `echo 'Field "compute_cap" is not a valid field to query.'; exit 2` : print(answers.query)} ;;
  *name,driver_version,index*) ${answers.old === undefined ? "exit 2" : print(answers.old)} ;;
  -L) ${answers.list === undefined ? "exit 2" : print(answers.list)} ;;
  '') ${answers.header === undefined ? "exit 2" : header(answers.header)} ;;
esac
`;

const GiB = 1024 ** 3;

/** Machines with NVIDIA's GPUs, or with what is left of their drivers. */
export const NVIDIA_MACHINES: readonly OtherMachine[] = [
  {
    name: "a machine without a GPU",
    source: "a virtual machine of Debian 12",
    programs: glibc,
    files: card("0x1234"),
    expected: { ...onGlibc, gpus: [] },
  },
  {
    name: "two NVIDIA GPUs",
    source: "triton-inference-server/server#8070, rossumai/nvgpu#15 (the header)",
    programs: {
      ...glibc,
      "nvidia-smi": nvidiaSmi({
        query: "NVIDIA TITAN V, 570.86.15, 7.0, 12288 MiB\nNVIDIA RTX 5880 Ada Generation, 570.86.15, 8.9, 49140 MiB",
        header: "NVIDIA-SMI 570.86.15              Driver Version: 570.86.15     CUDA Version: 12.8    ",
      }),
    },
    expected: {
      ...onGlibc,
      gpus: [
        {
          vendor: "nvidia",
          name: "NVIDIA TITAN V",
          driver: "570.86.15",
          cuda: "12.8",
          architecture: "sm_70",
          memory_bytes: 12 * GiB,
        },
        {
          vendor: "nvidia",
          name: "NVIDIA RTX 5880 Ada Generation",
          driver: "570.86.15",
          cuda: "12.8",
          architecture: "sm_89",
          memory_bytes: 49_140 * 1024 ** 2,
        },
      ],
    },
  },
  {
    name: "a driver that writes KMD and CUDA UMD",
    source: "sgl-project/sglang#27487",
    programs: {
      ...glibc,
      "nvidia-smi": nvidiaSmi({
        query: "NVIDIA B200, 610.43.02, 10.0, 183359 MiB",
        header: "NVIDIA-SMI 610.43.02              KMD Version: 610.43.02     CUDA UMD Version: 13.3    ",
      }),
    },
    expected: {
      ...onGlibc,
      gpus: [
        {
          vendor: "nvidia",
          name: "NVIDIA B200",
          driver: "610.43.02",
          cuda: "13.3",
          architecture: "sm_100",
          memory_bytes: 183_359 * 1024 ** 2,
        },
      ],
    },
  },
  {
    name: "a driver that does not know compute_cap",
    source: "huggingface/candle#733 (driver 470)",
    programs: {
      ...glibc,
      "nvidia-smi": nvidiaSmi({
        old: "NVIDIA GeForce GTX 1080 Ti, 470.182.03, 0, 11178 MiB",
        header: "NVIDIA-SMI 470.182.03   Driver Version: 470.182.03   CUDA Version: 11.4    ",
      }),
    },
    expected: {
      ...onGlibc,
      gpus: [
        {
          vendor: "nvidia",
          name: "NVIDIA GeForce GTX 1080 Ti",
          driver: "470.182.03",
          cuda: "11.4",
          memory_bytes: 11_178 * 1024 ** 2,
        },
      ],
    },
  },
  {
    name: "a DGX Spark, whose GPU shares the memory",
    source: "unslothai/unsloth#10703, lablup/all-smi#80",
    programs: {
      ...glibc,
      "nvidia-smi": nvidiaSmi({
        query: "NVIDIA GB10, 580.126.09, 12.1, [N/A]",
        header: "NVIDIA-SMI 580.126.09             Driver Version: 580.126.09     CUDA Version: 13.0    ",
      }),
    },
    expected: {
      ...onGlibc,
      gpus: [{ vendor: "nvidia", name: "NVIDIA GB10", driver: "580.126.09", cuda: "13.0", architecture: "sm_121" }],
    },
  },
  {
    name: "a Jetson Orin",
    source: "anduril/jetpack-nixos#371, sgl-project/sglang#3331",
    files: {
      "/etc/nv_tegra_release": "# R36 (release), REVISION: 4.0, GCID: 37537400, BOARD: generic, EABI: aarch64\n",
    },
    programs: {
      ...glibc,
      "nvidia-smi": nvidiaSmi({
        list: "GPU 0: Orin (nvgpu) (UUID: 1833c8b5-aa0a-5950-8b88-6f4a8e2b6a6f)",
        header: "NVIDIA-SMI 540.4.0                Driver Version: 540.4.0      CUDA Version: N/A      ",
      }),
    },
    expected: { ...onGlibc, gpus: [{ vendor: "nvidia", name: "Orin (nvgpu)", cuda: "12.6" }] },
  },
  {
    name: "a Jetson without nvidia-smi",
    source: "Osmantic/ODS#1479 (the board), rbonghi/jetson_stats#292 (the release)",
    files: {
      "/etc/nv_tegra_release": "# R35 (release), REVISION: 1.0, GCID: 31250864, BOARD: t186ref, EABI: aarch64\n",
      "/proc/device-tree/model": "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\0",
    },
    programs: glibc,
    expected: {
      ...onGlibc,
      gpus: [
        {
          vendor: "nvidia",
          name: "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super",
          cuda: "11.4",
        },
      ],
    },
  },
  {
    name: "WSL, whose nvidia-smi is not in the PATH",
    source: "ollama/ollama#1460; the driver of 1Panel-dev/1Panel#11910",
    programs: {
      ...glibc,
      "/usr/lib/wsl/lib/nvidia-smi": nvidiaSmi({
        query: "NVIDIA GeForce RTX 4090, 591.74, 8.9, 24564 MiB\r",
        header: "NVIDIA-SMI 590.52.01              Driver Version: 591.74         CUDA Version: 13.1    ",
      }),
    },
    expected: {
      ...onGlibc,
      gpus: [
        {
          vendor: "nvidia",
          name: "NVIDIA GeForce RTX 4090",
          driver: "591.74",
          cuda: "13.1",
          architecture: "sm_89",
          memory_bytes: 24_564 * 1024 ** 2,
        },
      ],
    },
  },
  {
    name: "an NVIDIA driver that was updated under a running kernel",
    source: "GoogleCloudPlatform/compute-gpu-installation#18",
    files: card("0x10de"),
    programs: {
      ...glibc,
      "nvidia-smi": `${print(
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n",
      )}exit 9\n`,
    },
    expected: onGlibc,
    doubt: /its NVIDIA GPU, because nvidia-smi failed: NVIDIA-SMI has failed because it couldn't communicate/,
  },
  {
    name: "an NVIDIA driver that hangs",
    source: "sgl-project/sglang#31229",
    files: card("0x10de"),
    programs: { ...glibc, "nvidia-smi": "exec sleep 600\n" },
    hangs: true,
    expected: onGlibc,
    doubt: /its NVIDIA GPU, because nvidia-smi does not end/,
  },
  {
    name: "an NVIDIA tool on a machine without devices",
    source: "nvidia-smi(1), return value 6",
    programs: { ...glibc, "nvidia-smi": "echo 'No devices were found'\nexit 6\n" },
    expected: { ...onGlibc, gpus: [] },
  },
  {
    name: "an NVIDIA card without a driver",
    source: "mattshma/bigdata#133 (nouveau)",
    files: card("0x10de"),
    programs: glibc,
    expected: onGlibc,
    doubt: /its NVIDIA card, which has no driver/,
  },
];
