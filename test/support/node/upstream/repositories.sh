# Makes the repositories that a build of rbee clones, below owner/name.git in the current folder. Submodules, their
# names, paths and addresses are those of rbee-keeper/rbee at 0509312f (.gitmodules, deps/) and of veighnsche/candle at
# 796203da, which it pins (.gitmodules, gitlinks). Manifests keep only the dependencies and features that choose what
# cargo reads: bin/30_llm_worker_rbee, bin/31_sd_worker_rbee, candle-core, candle-flash-attn. No pinned commit is the
# tip of its default branch. Not made are deps/ug, the private frontends, composable_kernel and the CUTLASS of the third
# version: nobody can fetch them here.
set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a.test GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a.test

# Makes the repository $1 with an empty first commit on the branch $2, and enters it.
begin() {
  git init -q -b "$2" "$1"
  cd "$1"
  # GitHub serves any commit that it has.
  git config uploadpack.allowAnySHA1InWant true
  git commit -q --allow-empty -m first
}
# Writes the file $1 from standard input.
file() {
  mkdir -p "$(dirname "$1")"
  cat >"$1"
}
gitlink() { git update-index --add --cacheinfo "160000,$2,$1"; }
commit() { git commit -q -m commit; }

(
  begin NVIDIA/cutlass.git main
  echo '#pragma once' | file include/cutlass/cutlass.h
  git add . && commit && git tag pinned
  git commit -q --allow-empty -m later
)

(
  begin veighnsche/rocm-rs.git main
  git switch -q -c candle-integration
  file Cargo.toml <<'TOML'
[package]
name = "rocm-rs"
version = "0.3.3"
edition = "2021"
TOML
  echo 'pub const BINDINGS: &str = "hip";' | file src/lib.rs
  git add . && commit && git tag pinned
  git switch -q main
)

(
  begin veighnsche/candle.git main
  git switch -q -c rocm-support
  file .gitmodules <<'INI'
[submodule "candle-examples/examples/flash-attn/cutlass"]
	path = candle-flash-attn/cutlass
	url = https://github.com/NVIDIA/cutlass.git
[submodule "candle-flash-attn-v3/cutlass"]
	path = candle-flash-attn-v3/cutlass
	url = https://github.com/NVIDIA/cutlass
[submodule "candle-flash-attn-rocm/ck"]
	path = candle-flash-attn-rocm/ck
	url = https://github.com/ROCm/composable_kernel
INI
  file Cargo.toml <<'TOML'
[workspace]
members = ["candle-core"]
exclude = ["candle-flash-attn"]
TOML
  file candle-core/Cargo.toml <<'TOML'
[package]
name = "candle-core"
version = "0.9.2-alpha.1"
edition = "2021"

[dependencies]
rocm-rs = { path = "../../rocm-rs", optional = true }

[features]
cuda = []
metal = []
rocm = ["dep:rocm-rs"]
TOML
  file candle-core/src/lib.rs <<'RUST'
#[cfg(feature = "rocm")]
pub const BINDINGS: &str = rocm_rs::BINDINGS;
RUST
  file candle-flash-attn/Cargo.toml <<'TOML'
[package]
name = "candle-flash-attn"
version = "0.9.2-alpha.1"
edition = "2021"

[dependencies]
candle-core = { path = "../candle-core", features = ["cuda"] }
TOML
  # In place of nvcc with -Icutlass/include.
  file candle-flash-attn/build.rs <<'RUST'
fn main() {
    if !std::path::Path::new("cutlass/include/cutlass/cutlass.h").exists() {
        panic!("fatal error: cutlass/cutlass.h: No such file or directory");
    }
}
RUST
  file candle-flash-attn/src/lib.rs </dev/null
  git add .
  gitlink candle-flash-attn/cutlass "$(git -C ../../NVIDIA/cutlass.git rev-parse pinned)"
  gitlink candle-flash-attn-v3/cutlass 4c42f73fdab5787e3bb57717f35a8cb1b3c0dc6d
  gitlink candle-flash-rocm/ck 7d57bc169f8206f06bc516a7f930f388def32347
  commit && git tag pinned
  git checkout -q -f main
)

(
  begin rbee-keeper/rbee.git main
  git switch -q -c development
  file .gitmodules <<'INI'
[submodule "frontend/apps/commercial"]
	path = frontend/apps/commercial
	url = git@github.com:veighnsche/rbee-commercial-private.git
[submodule "frontend/apps/admin"]
	path = frontend/apps/admin
	url = git@github.com:veighnsche/rbee-admin.git
[submodule "deps/candle"]
	path = deps/candle
	url = git@github.com:veighnsche/candle.git
	branch = rocm-support
[submodule "deps/rocm-rs"]
	path = deps/rocm-rs
	url = git@github.com:veighnsche/rocm-rs.git
	branch = candle-integration
[submodule "deps/ug"]
	path = deps/ug
	url = git@github.com:veighnsche/ug.git
	branch = rocm-support
INI
  file rust-toolchain.toml <<'TOML'
[toolchain]
channel = "stable"
components = ["rustfmt", "clippy"]
targets = ["wasm32-wasip1", "wasm32-wasip1-threads"]
TOML
  echo Cargo.lock | file .gitignore
  file Cargo.toml <<'TOML'
[workspace]
members = ["bin/30_llm_worker_rbee", "bin/31_sd_worker_rbee"]
exclude = ["deps/candle", "deps/rocm-rs"]
resolver = "2"

[patch.crates-io]
candle-core = { path = "deps/candle/candle-core" }
candle-flash-attn = { path = "deps/candle/candle-flash-attn" }
TOML
  # The worker $2 in the directory $1: its programs are called $3 and the backend. $4: more features of cuda.
  worker() {
    {
      cat <<TOML
[package]
name = "$2"
version = "0.1.0"
edition = "2021"

[dependencies]
candle-core = { path = "../../deps/candle/candle-core" }
candle-flash-attn = { path = "../../deps/candle/candle-flash-attn", optional = true }

[features]
cpu = []
cuda = ["candle-core/cuda"$4]
metal = ["candle-core/metal"]
rocm = ["candle-core/rocm"]
flash-attn = ["dep:candle-flash-attn"]
TOML
      for backend in cpu cuda metal rocm; do
        printf '\n[[bin]]\nname = "%s-%s"\npath = "src/bin/%s.rs"\nrequired-features = ["%s"]\n' \
          "$3" "$backend" "$backend" "$backend"
      done
    } | file "bin/$1/Cargo.toml"
    for backend in cpu cuda metal rocm; do
      echo "fn main() { println!(\"$2 on $backend\"); }" | file "bin/$1/src/bin/$backend.rs"
    done
  }
  worker 30_llm_worker_rbee llm-worker-rbee llm-worker-rbee ', "flash-attn"'
  worker 31_sd_worker_rbee sd-worker-rbee sd-worker ''
  git add .
  gitlink deps/candle "$(git -C ../../veighnsche/candle.git rev-parse pinned)"
  gitlink deps/rocm-rs "$(git -C ../../veighnsche/rocm-rs.git rev-parse pinned)"
  gitlink deps/ug 76b70e8461edcb73cce0e526ba52d09630242eee
  gitlink frontend/apps/commercial 0123456789012345678901234567890123456789
  gitlink frontend/apps/admin 9876543210987654321098765432109876543210
  commit && git tag v1.2.0
  git commit -q --allow-empty -m later
  git checkout -q -f main
)
