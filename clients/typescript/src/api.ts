// Made by `npm run client:types` from the API's description. Do not edit: change the service's schemas.

/** A text that a newer catalog may answer beside those that this client knows. */
export type Other = string & Record<never, never>;

/** Every code of the catalog's problems. */
export const PROBLEM_CODES = [
  "MALFORMED_REQUEST",
  "AUTHORIZATION_PENDING",
  "SLOW_DOWN",
  "ACCESS_DENIED",
  "DEVICE_CODE_EXPIRED",
  "CREDENTIAL_REQUIRED",
  "KEY_INVALID",
  "KEY_ROTATED",
  "KEY_EXCHANGED",
  "KEY_REQUIRED",
  "TOKEN_INVALID",
  "TOKEN_EXPIRED",
  "OIDC_TOKEN_INVALID",
  "OIDC_TOKEN_EXPIRED",
  "OIDC_TOKEN_REUSED",
  "HTTPS_REQUIRED",
  "INSUFFICIENT_SCOPE",
  "PUBLISHER_UNKNOWN",
  "PUBLISHER_FORK",
  "PUBLISHER_PULL_REQUEST",
  "PUBLISHER_EVENT",
  "PUBLISHER_WORKFLOW",
  "PUBLISHER_ENVIRONMENT",
  "PUBLISHER_REF",
  "LICENSE_REVOKED",
  "LICENSE_SUSPENDED",
  "LICENSE_EXPIRED",
  "MACHINE_REQUIRED",
  "MACHINE_MISMATCH",
  "MACHINE_DEACTIVATED",
  "MACHINE_BARRED",
  "TRIAL_USED",
  "NOT_ENTITLED",
  "VERSION_NOT_COVERED",
  "LINK_EXPIRED",
  "LINK_INVALID",
  "FORM_REFUSED",
  "NOT_FOUND",
  "WORKER_NOT_FOUND",
  "VERSION_NOT_FOUND",
  "ARTIFACT_NOT_FOUND",
  "LICENSE_NOT_FOUND",
  "MACHINE_LIMIT_REACHED",
  "CONFLICT",
  "RELEASE_BLOCKED",
  "PAYLOAD_TOO_LARGE",
  "RANGE_NOT_SATISFIABLE",
  "VALIDATION_FAILED",
  "RATE_LIMITED",
  "INTERNAL_ERROR",
  "SERVICE_UNAVAILABLE",
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

export type ActivatedMachine = LicenseToken & {
  /** If the credential was a key of another shop: the license's own key, which replaces it. Store it. */
  key?: string;
  took_over: Machine & Record<string, unknown> | null;
};

export type Activation = {
  /** A text that identifies this machine and never changes. Only its hash is stored. */
  fingerprint: string;
  /** A name for people. Control characters become question marks. */
  name?: string | null;
  platform?: string | null;
  /** Ask for a lease as long as the plan allows. */
  offline?: boolean | null;
  /**
   * If every seat is held, deactivate the machine that has been idle longest and take its seat. Idle means no token
   * and no download for 48 hours; a running offline lease is never taken over. Without such a machine, the activation
   * is refused.
   */
  take_over?: "idle" | null;
};

/** The kind of processor that it computes on. */
export type Backend = "cpu" | "cuda" | "metal" | "rocm" | Other;

/** Null: not bought here, or not known. */
export type Billing = {
  price: {
    /** For all machines, before tax and discounts. In the currency's smallest unit. */
    amount: number;
    /** ISO 4217, in lower case. */
    currency: string;
    /** The price is for each interval; null: it is paid once. */
    interval: "month" | "year" | null | Other;
  };
  /** Null: nothing will be charged. */
  next_charge: {
    at: string;
    /** With tax and discounts. In the currency's smallest unit. */
    amount: number;
    /** ISO 4217, in lower case. */
    currency: string;
  } | null;
} | null;

export type Deactivation = {
  fingerprint: string;
};

export type Download = {
  download_url: string;
  expires_at: string;
  /** The lifetime of the URLs, in seconds. */
  expires_in: number;
  worker_id: string;
  version: string;
  platform: "linux-x86_64" | "linux-aarch64" | "macos-aarch64" | "windows-x86_64" | "any" | Other;
  filename: string;
  /** Bytes. */
  size: number;
  sha256: string;
  checksum: string;
  /** The minisign signature; null if unsigned. */
  signature_url: string | null;
  /** The same file at an address with its checksum, which caches may keep. Binaries of free workers only. */
  public_url: string | null;
};

/**
 * The needs of the file: backend, range of CUDA or ROCm, GPU generations, C library, CPU features, memory. Ignore
 * members that you do not know.
 */
export type FileRequires = {
  backend?: string;
  cuda?: {
    min: string;
    max?: string;
  };
  rocm?: {
    min: string;
    max?: string;
  };
  gpu?: string[];
  libc?: {
    name: string;
    version?: string;
  };
  cpu_features?: string[];
  memory_bytes?: number;
} | null;

/** A member that is absent or null is unknown, and never guessed. Unknown members are ignored. */
export type HiveMachine = {
  /** `linux-x86_64` and the like. Other spellings such as `Darwin-arm64` are accepted. */
  platform?: string | null;
  /** In place of `platform`, with `arch`: `linux`, `Darwin`, `windows`. */
  os?: string | null;
  /** `x86_64`, `amd64`, `aarch64`, `arm64`. */
  arch?: string | null;
  /** The C library of Linux: `glibc` or `musl`. */
  libc?: {
    name?: string | null;
    version?: string | number | null;
  } | null;
  /** 32 if programs must be 32-bit although the kernel is 64-bit. */
  userland_bits?: number | null;
  /** As /proc/cpuinfo lists them. */
  cpu_features?: string[] | null;
  /** Memory of the machine in bytes. */
  memory_bytes?: number | null;
  /** Every GPU; `[]` if there is none, absent if it is not known. */
  gpus?: {
    /** `nvidia`, `amd`, `apple` or `intel`. */
    vendor?: string | null;
    name?: string | null;
    /** Version of the driver, such as `535.183.01`. */
    driver?: string | number | null;
    /** The newest CUDA that the driver runs, as nvidia-smi shows it. */
    cuda?: string | number | null;
    /** The installed version of ROCm. */
    rocm?: string | number | null;
    /** `sm_86` or NVIDIA's compute capability `8.6`; `gfx1100`. */
    architecture?: string | null;
    memory_bytes?: number | null;
  }[] | null;
};

export type JsonWebKeySet = {
  keys: {
    kty: "OKP";
    crv: "Ed25519";
    kid: string;
    x: string;
    alg: "EdDSA";
    use: "sig";
    /** When a key that no longer signs stops verifying. */
    exp?: number;
  }[];
};

export type License = {
  id: string;
  status: "active" | "suspended" | "revoked" | "expired" | Other;
  /** `in_grace`: the license has passed `expires_at` and stops soon. */
  warning: "in_grace" | null;
  plan: string;
  entitlements: string[];
  /** Semver range. */
  versions: string;
  updates_until: string | null;
  machine_limit: number;
  /** How long a machine keeps its seat without a sign of life. null: until it is deactivated. */
  seat_idle_seconds: number | null;
  expires_at: string | null;
  /** The end of a running trial, before its first payment or issued free of charge. */
  trial_ends_at: string | null;
  /**
   * The license began with a payment instead of the plan's free trial, because this address or payment method has had
   * one.
   */
  trial_refused: "address" | "card" | null | Other;
  /** The machine limit from the first payment on, if the trial has a lower one. */
  machine_limit_after_trial: number | null;
  /** The end that was ordered for it. */
  cancels_at: string | null;
  /** The seats that machines hold, of `machine_limit`. */
  seats_used: number;
  billing: Billing;
  /** The machines that hold a seat, also by an offline lease alone. A token sees its own machine only. */
  machines: Machine[];
};

export type LicenseToken = {
  token: string;
  token_type: "Bearer";
  expires_at: string;
  /**
   * When to ask for the next token: a random time from half to 85 % of this one's lifetime, so that hives do not all
   * come at once. Until `expires_at` a failed renewal changes nothing.
   */
  renew_after: string;
  /**
   * Send the license key before this time: 30 days after it was last sent. Until then a token gets the next one, and
   * none of those tokens lives longer. Afterwards a token is refused with `KEY_REQUIRED`.
   */
  key_required_by: string;
  /** `in_grace`: the license has passed `expires_at` and stops soon. */
  warning: "in_grace" | null;
  license: License;
  machine: Machine;
};

export type Machine = {
  id: string;
  name: string | null;
  platform: string | null;
  activated_at: string;
  last_seen_at: string;
  /**
   * The machine holds its seat until then if it gives no further sign of life. null: until it is deactivated. Getting
   * a token is a sign of life, and moves this time.
   */
  seat_until: string | null;
  /** The end of a running offline lease, which holds the seat until then even after a deactivation. */
  lease_until: string | null;
  /** When the machine was deactivated. It is listed as long as its lease still holds the seat. */
  deactivated_at: string | null;
};

/** The models of public sites that it runs, in the words of their filters. A site without a member has none. */
export type MarketplaceCompatibility = {
  huggingface?: {
    tasks: string[];
    libraries: string[];
    formats: string[];
    languages?: string[];
    licenses?: string[];
    /** In billions. */
    min_parameters?: number;
    /** In billions. */
    max_parameters?: number;
  };
  civitai?: {
    model_types: string[];
    base_models: string[];
  };
};

export type Plan = {
  id: "premium-monthly" | "premium-lifetime" | Other;
  name: string;
  description: string;
  entitlements: string[];
  /** Semver range. */
  versions: string;
  /** The license covers releases that are published within these days after the purchase. null: all. */
  updates_days: number | null;
  /** Unless more are bought. */
  machine_limit: number;
  /** Longest offline lease. */
  offline_days: number;
  trial_days: number;
  billing: "monthly" | "yearly" | "once" | Other;
  price: Price;
};

/** null while the payment provider does not answer. */
export type Price = {
  /** In the currency's smallest unit. */
  amount: number;
  currency: string;
  /** The amount in every currency that the plan is sold in, each in its smallest unit. */
  amounts: Record<string, number>;
  /** null: paid once */
  interval: "month" | "year" | null | Other;
  /** The amount is due for every group of this many machines, also an incomplete one. */
  machines: number;
  /** `exclusive`: tax is added. `inclusive`: the amount includes it. null: not known. */
  tax_behavior: "exclusive" | "inclusive" | null | Other;
} | null;

/** The commit that its recipe builds, signed by a release key. Absent if none is pinned. */
export type ReleaseSource = {
  /** The git address in the worker's recipe. */
  repository: string;
  /**
   * The git tag that the recipe of a free worker builds. It must be one of the version: `v1.2.0` or `1.2.0`, alone or
   * after the worker's id or crate and a `-` or `/`.
   */
  tag: string;
  /** The commit of the tag. */
  commit: string;
  /** The text of the `.minisig` over the source statement. */
  signature: string;
};

export type Resolution = {
  /** Null if no build fits. */
  choice: {
    worker_id: string;
    version: string;
    platform: string;
    filename: string;
  } | null;
  /** Sentences for a person. */
  why: string;
  /**
   * The facts that the choice needs and `machine` does not state. Empty: the choice is known to fit. A choice with
   * such facts is only made if no other build fits.
   */
  untried: string[];
  /** Each other worker and build, and what it lacked. */
  ruled_out: {
    worker_id: string;
    version: string | null;
    /** Null: the whole worker. */
    filename: string | null;
    /**
     * `WRONG_PLATFORM`, `WRONG_BACKEND`, `DRIVER_TOO_OLD`, `DRIVER_TOO_NEW`, `GPU_NOT_SUPPORTED`, `ROCM_TOO_OLD`,
     * `ROCM_TOO_NEW`, `LIBC_MISMATCH`, `LIBC_TOO_OLD`, `USERLAND_32_BIT`, `CPU_FEATURE_MISSING`, `NOT_ENOUGH_MEMORY`,
     * `UNTRIED`, `NOT_RELEASED`, `VERSION_NOT_FOUND`, `RELEASE_BLOCKED`, `LICENSE_REQUIRED`, `NOT_ENTITLED`,
     * `VERSION_NOT_COVERED`, `NOT_PREFERRED`, or the code of a license that is not in force.
     */
    code: string;
    /** A sentence for a person. */
    detail: string;
  }[];
};

export type ResolveRequest = {
  /** An id, a variant or a family. Default: every worker that generates text. */
  worker?: string | null;
  /** An exact version of `worker`; null or `latest`: the newest one. */
  version?: string | null;
  /** Default: `stable`. */
  channel?: "stable" | "rc" | "beta" | "alpha" | null | Other;
  machine: HiveMachine;
};

/**
 * The archive of the pinned commit with its submodules and a `Cargo.lock`, which the recipe of a free worker builds.
 * It is at `.../files/{filename}`, as a binary is. Absent if there is none.
 */
export type SourceArchive = {
  filename: string;
  /** Bytes, 8 GiB at most. */
  size: number;
  sha256: string;
};

export type TokenRequest = {
  fingerprint: string;
  /** Ask for a lease as long as the plan allows. */
  offline?: boolean | null;
};

export type Verdict = {
  valid: boolean;
  /** `VALID`, or the code that a download would be refused with. */
  code: string;
  detail: string;
  license_id?: string;
  /** The workers that this license opens. */
  worker_ids: string[];
  /** When the token expires. */
  expires_at: string | null;
  server_time: string;
  nonce: string | null;
};

export type Verification = {
  token: string;
  worker_id?: string | null;
  version?: string | null;
  fingerprint?: string | null;
  /** Returned unchanged, so that nobody can replay an old answer. */
  nonce?: string | null;
};

export type VersionListing = {
  worker_id: string;
  /** The newest version of `channel` (default `stable`) that the license covers. */
  latest: string | null;
  versions: {
    /** Semantic version without leading `v` or build metadata. */
    version: string;
    /** From the most to the least stable. */
    channel: "stable" | "rc" | "beta" | "alpha" | Other;
    status: "published" | "yanked" | "blocked" | Other;
    published_at: string;
    /** The path of its build provenance, if any. */
    provenance_url: string | null;
    /** The proven run that built it. Absent without provenance. */
    provenance?: {
      /**
       * Whether the catalog has verified the signatures and the signer, who is a publisher of the worker if any is
       * named.
       */
      verified: boolean;
      /** Why it is not verified. */
      reason: string | null;
      repository: string | null;
      workflow: string | null;
      ref: string | null;
      commit: string | null;
      run: string | null;
    };
    source?: ReleaseSource;
    source_archive?: SourceArchive;
    artifacts: {
      /** `binary` is the file that a hive runs, `package` is for a package manager. */
      kind: "binary" | "package" | Other;
      platform: "linux-x86_64" | "linux-aarch64" | "macos-aarch64" | "windows-x86_64" | Other;
      filename: string;
      /** Bytes, 8 GiB at most. */
      size: number;
      sha256: string;
      requires: FileRequires;
    }[];
  }[];
};

export type Worker = {
  id: string;
  /** A shorter name, accepted like the id. */
  variant: string;
  name: string;
  description: string;
  /** `latest`. Without a release, the `pkgver` of the recipe: 0.0.0 for a worker that is only a binary. */
  version: string;
  /** Whether a stable version is published. If not, a free recipe builds its source as it is now. */
  released: boolean;
  /** The newest stable version, as in `/v1/workers/{id}/versions`. */
  latest: string | null;
  tier: "free" | "premium" | Other;
  requires_license: boolean;
  /** The shop, for premium workers. */
  purchase_url?: string;
  /** SPDX expression. */
  license: string;
  /** When `latest` was published. */
  published_at: string | null;
  author: string;
  homepage: string;
  tags: string[];
  /** Its manual in Markdown. */
  readme_url: string | null;
  cover_image: string | null;
  marketplace_compatibility: MarketplaceCompatibility;
  /** Generates text (`llm`) or images (`image`). */
  kind: "llm" | "image" | Other;
  /** The id without the backend. */
  family: string;
  backend: Backend;
  platforms: ("linux" | "macos" | "windows" | Other)[];
  architectures: ("x86_64" | "aarch64" | Other)[];
  implementation: "rust" | "python" | "cpp" | Other;
  build_system: "cargo" | "cmake" | Other;
  source: WorkerSource;
  build: WorkerBuild;
  depends: string[];
  makedepends: string[];
  binary_name: string;
  install_path: string;
  supported_formats: string[];
  /** In tokens. Absent for a worker that reads no text. */
  max_context_length?: number;
  supports_streaming: boolean;
  supports_batching: boolean;
  /** The binaries of `latest`, all builds of each platform. */
  binaries: WorkerBinary[];
  /**
   * The needs of `latest` in words, of the builds that a client gets without choosing. Where platforms differ, each
   * begins with its platform.
   */
  system_requirements: string[];
  pkgbuild_url: string;
  /** The recipe that builds the source; null if there is none. */
  pkgbuild_url_git: string | null;
  /** The recipe that installs a binary of `latest`; null if there is none. */
  pkgbuild_url_bin: string | null;
  /** The formula of the tap; null if Homebrew cannot install the worker. */
  homebrew_formula: string | null;
  srcinfo_url: string;
};

export type WorkerBinary = {
  platform: string;
  filename: string;
  /** In bytes. */
  size: number;
  requires: FileRequires;
  system_requirements: string[];
};

/** The options of cargo in `build()`. Empty for a worker that is not built. */
export type WorkerBuild = {
  features?: string[];
  profile?: string;
  flags?: string[];
};

export type WorkerFamily = {
  id: string;
  name: string;
  description: string;
  /** `latest`. Without a release, the `pkgver` of the recipe: 0.0.0 for a worker that is only a binary. */
  version: string;
  /** Whether a stable version is published. If not, a free recipe builds its source as it is now. */
  released: boolean;
  /** When `latest` was published. */
  published_at: string | null;
  tier: "free" | "premium" | Other;
  requires_license: boolean;
  /** The shop, for premium workers. */
  purchase_url?: string;
  /** SPDX expression. */
  license: string;
  /** Generates text (`llm`) or images (`image`). */
  kind: "llm" | "image" | Other;
  author: string;
  homepage: string;
  tags: string[];
  /** Its manual in Markdown. */
  readme_url: string | null;
  cover_image: string | null;
  marketplace_compatibility: MarketplaceCompatibility;
  /** The workers, one for each backend. */
  variants: Worker[];
};

export type WorkerList = {
  workers: Worker[];
};

export type WorkerSource = {
  /** `tarball` is any single file fetched over HTTP. */
  type: "git" | "tarball" | Other;
  url: string;
  branch?: string;
  /** The tag's short name. */
  tag?: string;
  /** The only commit of the tag that the recipe builds. */
  commit?: string;
  /** The crate's directory in the repository. */
  path?: string;
};

/** The operations that the client calls. `isJson`: whether a success has a body. */
export const OPERATIONS = {
  searchWorkers: { method: "GET", path: "/v1/workers", isJson: true },
  getWorker: { method: "GET", path: "/v1/workers/{id}", isJson: true },
  listVersions: { method: "GET", path: "/v1/workers/{id}/versions", isJson: true },
  getDownloadLink: { method: "GET", path: "/v1/workers/{id}/{version}/download", isJson: true },
  resolveWorker: { method: "POST", path: "/v1/workers/resolve", isJson: true },
  activateMachine: { method: "POST", path: "/v1/licenses/activate", isJson: true },
  issueToken: { method: "POST", path: "/v1/licenses/token", isJson: true },
  deactivateMachine: { method: "POST", path: "/v1/licenses/deactivate", isJson: false },
  getOwnLicense: { method: "GET", path: "/v1/licenses/me", isJson: true },
  verifyToken: { method: "POST", path: "/v1/licenses/verify", isJson: true },
  getTokenSigningKeys: { method: "GET", path: "/.well-known/jwks.json", isJson: true },
  listPlans: { method: "GET", path: "/v1/plans", isJson: true },
} as const;

/** The parameters, bodies and answers of the operations. */
export type Operations = {
  /** Find workers */
  searchWorkers: {
    path: Record<never, never>;
    query: {
      /** Words. Each must occur in the worker's names, description, tags, kind, backend or capabilities. */
      q?: string | undefined;
      /**
       * The operating system, optionally with the instruction set. Other spellings such as `darwin-arm64` are
       * accepted.
       */
      platform?: string | undefined;
      /** The instruction set. `amd64` and `arm64` are accepted, too. */
      arch?: string | undefined;
      /** What it generates: text (`llm`) or images (`image`). */
      kind?: "llm" | "image" | undefined;
      /** The kind of processor that it computes on. */
      backend?: "cpu" | "cuda" | "metal" | "rocm" | undefined;
      /** Free or premium. */
      tier?: "free" | "premium" | undefined;
    };
    body: null;
    answer: WorkerList;
  };
  /** Read one worker */
  getWorker: {
    path: {
      /** The worker's id or variant. */
      id: string;
    };
    query: Record<never, never>;
    body: null;
    answer: Worker | WorkerFamily;
  };
  /** List a worker's versions */
  listVersions: {
    path: {
      /** The worker's id or variant. */
      id: string;
    };
    query: {
      /** Only versions of this channel and of all more stable ones. */
      channel?: "stable" | "rc" | "beta" | "alpha" | undefined;
      /** Yanked versions as well. */
      include_yanked?: boolean | undefined;
    };
    body: null;
    answer: VersionListing;
  };
  /** Get a download link */
  getDownloadLink: {
    path: {
      /** The worker's id or variant. */
      id: string;
      /** An exact version, or `latest`. */
      version: string;
    };
    query: {
      /**
       * Its default build: of several binaries the one that runs on most machines. Optional if all are of one
       * platform.
       */
      platform?: "linux-x86_64" | "linux-aarch64" | "macos-aarch64" | "windows-x86_64" | undefined;
      /** Exactly this file. With `platform`, it must be of that platform. */
      filename?: string | undefined;
      /** The channel of `latest`; default `stable`. */
      channel?: "stable" | "rc" | "beta" | "alpha" | undefined;
    };
    body: null;
    answer: Download;
  };
  /** Choose the build for a machine */
  resolveWorker: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: ResolveRequest;
    answer: Resolution;
  };
  /** Activate a machine */
  activateMachine: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Activation;
    answer: ActivatedMachine;
  };
  /** Get a fresh token */
  issueToken: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: TokenRequest;
    answer: LicenseToken;
  };
  /** Deactivate a machine */
  deactivateMachine: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Deactivation;
    answer: null;
  };
  /** Show this license */
  getOwnLicense: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: null;
    answer: {
      license: License;
    };
  };
  /** Verify a token */
  verifyToken: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Verification;
    answer: Verdict;
  };
  /** Keys that verify license tokens */
  getTokenSigningKeys: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: null;
    answer: JsonWebKeySet;
  };
  /** The plans on sale */
  listPlans: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: null;
    answer: {
      plans: Plan[];
    };
  };
};
