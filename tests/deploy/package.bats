#!/usr/bin/env bats
# The package: its contents, that they are reproducible, and that a wrong bundle or binary is refused.

. "$BATS_TEST_DIRNAME/lib.sh"

setup() {
  T=$BATS_TEST_TMPDIR
  cp -r "$REPO/package" "$T/package"
  openssl req -x509 -newkey rsa:2048 -nodes -days 400 -subj /CN=one -keyout "$T/key" -out "$T/bundle.pem" 2>/dev/null
  openssl req -x509 -newkey rsa:2048 -nodes -days 40 -subj /CN=two -keyout "$T/key" 2>/dev/null >>"$T/bundle.pem"
  # The authorities of this test are the reviewed ones.
  python3 "$T/package/rds-ca/rds_ca.py" list <"$T/bundle.pem" >"$T/package/rds-ca/aws.sha256"
  export PACKAGE_DIR="$T/out" RDS_CA_BUNDLE="$T/bundle.pem" BOOTSTRAP="$T/program"
  elf x86_64 2.34
}

# elf MACHINE GLIBC: writes a file that looks like a program for that machine.
elf() {
  python3 - "$T/program" "$1" "$2" <<'PY'
import sys
code = {"x86_64": 0x3E, "aarch64": 0xB7}[sys.argv[2]]
open(sys.argv[1], "wb").write(b"\x7fELF" + bytes(14) + code.to_bytes(2, "little") + b"GLIBC_2.17\0GLIBC_" + sys.argv[3].encode())
PY
}

@test "bootstrap and bundle are in the zip, executable and readable" {
  run "$T/package/package.sh" x86_64
  [ "$status" -eq 0 ]
  run python3 -c 'import sys, zipfile
for e in zipfile.ZipFile(sys.argv[1]).infolist(): print(e.filename, oct(e.external_attr >> 16))' "$T/out/rds-data-extractor-x86_64.zip"
  [ "$output" = $'bootstrap 0o100755\nrds-ca-bundle.pem 0o100644\namazon-roots.pem 0o100644' ]
}

@test "the updater of targets is packed alone" {
  RDS_CA_BUNDLE=/nowhere run "$T/package/package.sh" x86_64 nlb-target-updater
  [ "$status" -eq 0 ]
  run python3 -c 'import sys, zipfile
for e in zipfile.ZipFile(sys.argv[1]).infolist(): print(e.filename, oct(e.external_attr >> 16))' "$T/out/nlb-target-updater-x86_64.zip"
  [ "$output" = 'bootstrap 0o100755' ]
  run "$T/package/package.sh" x86_64 bootstrap
  [ "$status" -eq 1 ]
  has 'The program is rds-data-extractor or nlb-target-updater, not bootstrap'
}

@test "the same contents make the same zip" {
  "$T/package/package.sh" x86_64
  one=$(sha256sum <"$T/out/rds-data-extractor-x86_64.zip")
  touch -d '2001-01-01' "$T/program" "$T/bundle.pem"
  "$T/package/package.sh" x86_64
  [ "$(sha256sum <"$T/out/rds-data-extractor-x86_64.zip")" = "$one" ]
}

@test "the first expiry of the bundle is printed" {
  run "$T/package/package.sh" x86_64
  has "certificate authorities: 2, the first to expire on $(date -u -d '40 days' +%Y-%m)"
}

@test "an empty bundle is refused" {
  : >"$T/bundle.pem"
  run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has 'is empty'
}

@test "a bundle that is not PEM is refused" {
  echo '<html>blocked by the proxy</html>' >"$T/bundle.pem"
  run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has 'is not PEM'
}

@test "an authority that was not reviewed is left out and named; the package is built nevertheless" {
  openssl req -x509 -newkey rsa:2048 -nodes -days 400 -subj '/CN=Amazon RDS new-region-1 Root CA' -keyout "$T/key" \
    2>/dev/null >>"$T/bundle.pem"
  run "$T/package/package.sh" x86_64
  [ "$status" -eq 0 ]
  has 'left out'
  has 'Amazon RDS new-region-1 Root CA'
  has 'certificate authorities: 2'
  run python3 -c 'import sys, zipfile
print(zipfile.ZipFile(sys.argv[1]).read("rds-ca-bundle.pem").decode().count("BEGIN"))' "$T/out/rds-data-extractor-x86_64.zip"
  [ "$output" = 2 ]
}

@test "a bundle without any known authority is refused" {
  cp "$REPO/package/rds-ca/aws.sha256" "$T/package/rds-ca/aws.sha256"
  run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has 'the bundle has none of the certificates'
  [ ! -e "$T/out/rds-data-extractor-x86_64.zip" ]
}

@test "each partition has its own address and list; without a list nothing is trusted" {
  PARTITION=aws-cn run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has 'no list of RDS'
  has 'rds-truststore.s3.cn-north-1.amazonaws.com.cn'
  PARTITION=aws-cn RDS_CA_LIST="$T/package/rds-ca/aws.sha256" run "$T/package/package.sh" x86_64
  [ "$status" -eq 0 ]
  PARTITION=aws-us-gov run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has 'the bundle has none of the certificates in'
  has 'aws-us-gov.sha256'
  PARTITION=aws-moon run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has 'PARTITION is aws, aws-us-gov or aws-cn'
}

@test "the lists hold fingerprints and names of RDS's authorities, Amazon's public ones are the five of its trust store" {
  run grep -hvE '^[0-9a-f]{64}  Amazon RDS (Beta |Preview )?[a-z0-9-]+ Root CA (RSA2048|RSA4096|ECC384) G1$' "$REPO"/package/rds-ca/*.sha256
  [ "$output" = "" ]
  # RDS has three authorities in each region; the names say whose they are.
  run bash -c 'cd "$1/package/rds-ca" && grep -c "RDS us-gov-\(west\|east\)-1 Root" ./*.sha256' - "$REPO"
  [ "$output" = $'./aws-us-gov.sha256:6\n./aws.sha256:0' ]
  run bash -c 'python3 "$1/package/rds-ca/rds_ca.py" list <"$1/package/amazon-roots.pem" | sort | cut -c 1-16 | paste -sd " "' - "$REPO"
  [ "$output" = '18ce6cfe7bf14e60 1ba5b2aa8c65401a 568d6905a2c88708 8ecde6884f3d87b1 e35d28419ed02025' ]
}

@test "no network for the bundle says what to do" {
  RDS_CA_BUNDLE='' HTTPS_PROXY=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has "RDS's certificate authorities could not be fetched from https://"
  has 'RDS_CA_BUNDLE=FILE'
}

@test "a binary for another machine is refused" {
  run "$T/package/package.sh" arm64
  [ "$status" -eq 1 ]
  has 'is built for x86_64, not for aarch64'
}

@test "a binary that needs a newer glibc than the function has is refused" {
  elf x86_64 2.36
  run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has 'needs glibc 2.36, provided.al2023 has 2.34'
}

@test "a compiler other than that of the commit is fetched; a notice says if that is impossible" {
  mkdir "$T/bin"
  printf '#!/bin/sh\necho "rustc 1.2.3 (abc 2020-01-01)"\n' >"$T/bin/rustc"
  printf '#!/bin/sh\nexit 1\n' >"$T/bin/rustup"
  # Instead of building, prints which compiler would be used.
  printf '#!/bin/sh\necho "toolchain ${RUSTUP_TOOLCHAIN:-none}" >&2\nexit 1\n' >"$T/bin/cargo"
  chmod +x "$T"/bin/*
  unset BOOTSTRAP
  PATH="$T/bin:$PATH" run "$T/package/package.sh" x86_64
  has "built by rustc 1.2.3 (abc 2020-01-01); the published package is by rustc $(cat "$REPO/package/rust-version")"
  has 'toolchain none'
  printf '#!/bin/sh\nexit 0\n' >"$T/bin/rustup"
  PATH="$T/bin:$PATH" run "$T/package/package.sh" x86_64
  has "toolchain $(cat "$REPO/package/rust-version")"
}

@test "a program that cannot be built is not replaced by that of an earlier build" {
  mkdir "$T/bin" "$T/build" "$T/build/target"
  mkdir -p "$T/build/target/x86_64-unknown-linux-gnu/release"
  cp "$T/program" "$T/build/target/x86_64-unknown-linux-gnu/release/rds-data-extractor"
  for tool in rustup cargo-zigbuild; do printf '#!/bin/sh\nexit 0\n' >"$T/bin/$tool"; done
  printf '#!/bin/sh\necho "error: no such crate" >&2\nexit 101\n' >"$T/bin/cargo"
  chmod +x "$T"/bin/*
  sed -i "s|^BUILD=.*|BUILD='$T/build'|" "$T/package/package.sh"
  unset BOOTSTRAP
  PATH="$T/bin:$PATH" run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has 'error: no such crate'
  has 'rds-data-extractor could not be built for x86_64: cargo says above why.'
  [ ! -e "$T/out/rds-data-extractor-x86_64.zip" ]
}

@test "every machine builds in the same folder, and a program that names another one is refused" {
  mkdir "$T/bin"
  for tool in rustup cargo-zigbuild; do printf '#!/bin/sh\nexit 0\n' >"$T/bin/$tool"; done
  # Instead of building, writes a program that names a folder.
  cat >"$T/bin/cargo" <<'SH'
#!/bin/sh
mkdir -p "$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release"
{ cat "$FAKE"; echo "$NAMED"; } >"$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release/rds-data-extractor"
echo "built in $CARGO_TARGET_DIR" >&2
SH
  chmod +x "$T"/bin/*
  sed -i "s|^BUILD=.*|BUILD='$T/build'|" "$T/package/package.sh"
  unset BOOTSTRAP
  PATH="$T/bin:$PATH" FAKE="$T/program" NAMED=/src/main.rs CARGO_TARGET_DIR=/elsewhere run "$T/package/package.sh" x86_64
  [ "$status" -eq 0 ] || { echo "$output" && false; }
  has "built in $T/build/target"
  PATH="$T/bin:$PATH" FAKE="$T/program" NAMED="$T/src/main.rs" run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has "The program names $T/"
  rm -r "$T/build"
  ln -s "$T" "$T/build"
  PATH="$T/bin:$PATH" run "$T/package/package.sh" x86_64
  [ "$status" -eq 1 ]
  has "$T/build cannot be made or belongs to somebody else: packages are built there."
}

@test "without anything that links for the architecture, what does is named" {
  mkdir "$T/bin"
  ln -s "$(command -v python3)" "$T/bin/python3"
  for tool in rustc rustup cargo; do printf '#!/bin/sh\nexit 0\n' >"$T/bin/$tool"; done
  printf '#!/bin/sh\necho pdp11\n' >"$T/bin/uname"
  chmod +x "$T"/bin/*
  sed -i -e 's/CROSS_GCC=[^ ;]*/CROSS_GCC=none/' -e "s|^BUILD=.*|BUILD='$T/build'|" "$T/package/package.sh"
  unset BOOTSTRAP
  without=$(tr : '\n' <<<"$PATH" | while read -r dir; do [ -e "$dir/cargo-zigbuild" ] || echo "$dir"; done | paste -sd :)
  PATH="$T/bin:$without" run "$T/package/package.sh" arm64
  [ "$status" -eq 1 ]
  has 'Nothing here links for arm64.'
  has 'pip install ziglang cargo-zigbuild'
}

@test "an unknown architecture is refused" {
  run "$T/package/package.sh" riscv
  [ "$status" -eq 1 ]
  has 'ARCH is arm64 or x86_64'
}
