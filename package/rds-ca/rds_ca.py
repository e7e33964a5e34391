#!/usr/bin/env python3
"""Selects the certificate authorities of RDS that a package trusts: those whose fingerprints are in the partition's list.

  rds_ca.py select LIST < BUNDLE > SELECTED    those in the list; the others are left out and named on stderr
  rds_ca.py list < BUNDLE                      fingerprint, name and expiry of each, to be reviewed before adding a line

A fingerprint is the SHA-256 of the certificate in DER, in hexadecimal. A list has one "FINGERPRINT  NAME" per line.
"""

import base64
import datetime
import hashlib
import re
import subprocess
import sys

PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.S)


def certificates(bundle):
    for body in PEM.findall(bundle):
        der = base64.b64decode("".join(body.split()))
        told = subprocess.run(
            ["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-enddate", "-nameopt", "multiline"],
            input=der, capture_output=True)
        text = told.stdout.decode(errors="replace")
        name, end = re.search(r"commonName\s*= (.*)", text), re.search(r"notAfter=(.*)", text)
        if told.returncode or not end:
            sys.exit("error: a certificate of the bundle cannot be read")
        end = datetime.datetime.strptime(end[1], "%b %d %H:%M:%S %Y %Z")
        yield hashlib.sha256(der).hexdigest(), name[1] if name else "without a name", end, der


def pem(der):
    body = base64.b64encode(der).decode()
    lines = [body[i:i + 64] for i in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def select(list_file):
    known = {line.split()[0] for line in open(list_file) if line.strip() and not line.startswith("#")}
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    kept, unknown, ends = set(), [], []
    for fingerprint, name, end, der in certificates(sys.stdin.read()):
        if fingerprint in kept or end < now:
            continue
        if fingerprint in known:
            kept.add(fingerprint)
            ends.append(end)
            print(pem(der), end="")
        else:
            unknown.append(f"{fingerprint}  {name}")
    for line in unknown:
        print(f"notice: left out, not in {list_file}: {line}", file=sys.stderr)
    if not kept:
        sys.exit(f"error: the bundle has none of the certificates in {list_file}")
    print(f"certificate authorities: {len(kept)}, the first to expire on {min(ends).date()}", file=sys.stderr)


def main():
    match sys.argv[1:]:
        case ["select", list_file]:
            select(list_file)
        case ["list"]:
            for fingerprint, name, end, _ in certificates(sys.stdin.read()):
                print(f"{fingerprint}  {name}  (until {end.date()})")
        case _:
            sys.exit(__doc__)


main()
