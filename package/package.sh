#!/usr/bin/env bash
# Builds a function's zip. That of the extractor has bootstrap, RDS's certificate authorities and Amazon's public ones (which issue
# RDS Proxy's certificates); that of the updater of a load balancer's targets has bootstrap alone. The same commit gives the same bytes.
#
#   package/package.sh arm64|x86_64 [rds-data-extractor|nlb-target-updater]      → target/package/PROGRAM-ARCH.zip
#   PARTITION=aws|aws-us-gov|aws-cn      whose authorities are packed; aws if it is not set
#   RDS_CA_BUNDLE=FILE                   this bundle instead of fetching it (it is checked too)
#   RDS_CA_LIST=FILE                     the fingerprints to trust instead of package/rds-ca/PARTITION.sha256
#   BOOTSTRAP=FILE                       this binary instead of building it
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ARCH=${1:-arm64}
NAME=${2:-rds-data-extractor}
OUT=${PACKAGE_DIR:-$ROOT/target/package}
# provided.al2023 has this glibc; a newer one in the binary would not start.
GLIBC=2.34

die() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

case $ARCH in
  arm64) TARGET=aarch64-unknown-linux-gnu MACHINE=aarch64 CROSS_GCC=aarch64-linux-gnu-gcc ;;
  x86_64) TARGET=x86_64-unknown-linux-gnu MACHINE=x86_64 CROSS_GCC=x86_64-linux-gnu-gcc ;;
  *) die "ARCH is arm64 or x86_64, not $ARCH" ;;
esac

[[ $NAME == rds-data-extractor || $NAME == nlb-target-updater ]] || die "The program is rds-data-extractor or nlb-target-updater, not $NAME"

PARTITION=${PARTITION:-aws}
KNOWN=${RDS_CA_LIST:-$ROOT/package/rds-ca/$PARTITION.sha256}
# The URLs in the RDS user guides (Using SSL/TLS to encrypt a connection).
case $PARTITION in
  aws) BUNDLE_URL=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem ;;
  aws-us-gov) BUNDLE_URL=https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem ;;
  aws-cn) BUNDLE_URL=https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem ;;
  *) die "PARTITION is aws, aws-us-gov or aws-cn, not $PARTITION" ;;
esac

for tool in python3 openssl sha256sum; do command -v "$tool" >/dev/null || die "$tool is not installed"; done
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# RDS's authorities, which differ by partition: only those whose fingerprints were reviewed. AWS adds some now and then;
# one that is not in the list is left out and named, so that the build does not break and trusts nothing unreviewed.
get_bundle() {
  local fetched="$WORK/fetched.pem"
  [[ -s $KNOWN ]] ||
    die "There is no list of RDS's certificate authorities for the partition $PARTITION ($KNOWN)." \
      "Look at what package/rds-ca/rds_ca.py list prints for the bundle of $BUNDLE_URL," \
      "compare it with another source, and put the lines into $KNOWN in a commit of its own (or pass RDS_CA_LIST=FILE)."
  if [[ -n ${RDS_CA_BUNDLE:-} ]]; then
    cp "$RDS_CA_BUNDLE" "$fetched" || die "RDS_CA_BUNDLE $RDS_CA_BUNDLE cannot be read"
  else
    curl --fail --silent --show-error --location --max-time 60 --output "$fetched" "$BUNDLE_URL" ||
      die "RDS's certificate authorities could not be fetched from $BUNDLE_URL" \
        'Behind a proxy set HTTPS_PROXY; without any network fetch it elsewhere and pass RDS_CA_BUNDLE=FILE.'
  fi
  [[ -s $fetched ]] || die 'The bundle of certificate authorities is empty.'
  grep -q -- '-----BEGIN CERTIFICATE-----' "$fetched" || die 'The bundle of certificate authorities is not PEM.'
  python3 "$ROOT/package/rds-ca/rds_ca.py" select "$KNOWN" <"$fetched" >"$WORK/rds-ca-bundle.pem"
}

# Another compiler makes other bytes: the version in package/rust-version is used if rustup has it or can fetch it.
choose_compiler() {
  local wanted
  wanted=$(cat "$ROOT/package/rust-version")
  [[ $(rustc --version) != "rustc $wanted "* ]] || return 0
  if command -v rustup >/dev/null && rustup toolchain install "$wanted" --profile minimal >&2; then
    export RUSTUP_TOOLCHAIN=$wanted
  else
    printf 'notice: built by %s; the published package is by rustc %s, and its bytes differ\n' "$(rustc --version)" "$wanted" >&2
  fi
}

# OpenSSL writes its build folder and the compiler's into the program. The folder is therefore the same on every machine, and
# nobody else may write to it.
BUILD=/tmp/rds-data-extractor-build
choose_folder() {
  mkdir -m 700 "$BUILD" 2>/dev/null || true
  [[ -d $BUILD && ! -L $BUILD && -O $BUILD ]] || die "$BUILD cannot be made or belongs to somebody else: packages are built there."
  export CARGO_TARGET_DIR=$BUILD/target CARGO_ZIGBUILD_CACHE_DIR=$BUILD/zigbuild
}

# Builds the program and sets PROGRAM. Not to be run in $(…), where bash goes on after a command that failed.
# cargo zigbuild links for any machine against a chosen glibc. Otherwise the machine's own gcc, if it is the same, or a cross gcc.
build() {
  local -a cargo
  choose_compiler
  choose_folder
  # With paths of the build machine, the same commit would make different bytes.
  export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$ROOT=/src --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  SOURCE_DATE_EPOCH=$(git -C "$ROOT" log -1 --format=%ct 2>/dev/null || echo 0)
  # The crate ahash has random numbers that are drawn while it is compiled.
  export SOURCE_DATE_EPOCH CONST_RANDOM_SEED=rds-data-extractor
  if command -v cargo-zigbuild >/dev/null; then
    cargo=(cargo zigbuild --target "$TARGET.$GLIBC")
  elif [[ $(uname -m) == "$MACHINE" && $(uname -s) == Linux ]]; then
    cargo=(cargo build --target "$TARGET")
  elif command -v "$CROSS_GCC" >/dev/null; then
    export "CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$TARGET")_LINKER=$CROSS_GCC" "CC_${TARGET//-/_}=$CROSS_GCC"
    cargo=(cargo build --target "$TARGET")
  else
    die "Nothing here links for $ARCH." 'pip install ziglang cargo-zigbuild (any machine), or apt-get install gcc-aarch64-linux-gnu'
  fi
  # Without the target's library, cargo says so.
  if command -v rustup >/dev/null; then rustup target add "$TARGET" >&2 || true; fi
  (cd "$ROOT" && "${cargo[@]}" --release --locked --package "$NAME" --bin "$NAME" >&2) ||
    die "$NAME could not be built for $ARCH: cargo says above why."
  PROGRAM="$CARGO_TARGET_DIR/$TARGET/release/$NAME"
  local path
  for path in "$ROOT/" "${CARGO_HOME:-$HOME/.cargo}/" "$HOME/."; do
    ! grep -aqF -- "$path" "$PROGRAM" || die "The program names $path, so another machine would make another one of the same commit."
  done
}

# Checks that the binary is for the right machine and needs no newer glibc than the function has.
check_binary() {
  python3 - "$1" "$MACHINE" "$GLIBC" <<'PY'
import re, sys
path, machine, limit = sys.argv[1:]
data = open(path, "rb").read()
if data[:4] != b"\x7fELF":
    sys.exit(f"error: {path} is not a Linux program")
found = {0x3E: "x86_64", 0xB7: "aarch64"}.get(int.from_bytes(data[18:20], "little"), "another machine")
if found != machine:
    sys.exit(f"error: {path} is built for {found}, not for {machine}")
needed = max((tuple(map(int, v.split(b"."))) for v in re.findall(rb"GLIBC_(2\.\d+)", data)), default=(0, 0))
if needed > tuple(map(int, limit.split("."))):
    sys.exit(f"error: {path} needs glibc {'.'.join(map(str, needed))}, provided.al2023 has {limit}: build with cargo-zigbuild")
PY
}

# A fixed order, time and mode give the same bytes for the same contents.
write_zip() {
  local -a authorities=()
  [[ $NAME != rds-data-extractor ]] || authorities=("$WORK/rds-ca-bundle.pem" "$ROOT/package/amazon-roots.pem")
  python3 - "$1" "$2" "${authorities[@]}" <<'PY'
import os, sys, zipfile
out, program, *authorities = sys.argv[1:]
files = [("bootstrap", program, 0o755)] + [(os.path.basename(file), file, 0o644) for file in authorities]
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    for name, path, mode in files:
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.create_system, entry.external_attr, entry.compress_type = 3, (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
        z.writestr(entry, open(path, "rb").read())
PY
}

[[ $NAME != rds-data-extractor ]] || get_bundle
PROGRAM=${BOOTSTRAP:-}
[[ -n $PROGRAM ]] || build
check_binary "$PROGRAM"
mkdir -p "$OUT"
write_zip "$WORK/package.zip" "$PROGRAM"
mv "$WORK/package.zip" "$OUT/$NAME-$ARCH.zip"
printf '%s\n' "$OUT/$NAME-$ARCH.zip" "sha256 $(sha256sum "$OUT/$NAME-$ARCH.zip" | cut -d ' ' -f 1)"
