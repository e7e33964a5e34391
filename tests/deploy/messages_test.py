"""Checks that a test looks for the message of every refusal (die, mistake) of deploy.sh and package.sh."""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent


def strings(line, only_first=False):
    """Returns the constant parts of the quoted strings in a line of shell, without expansions."""
    parts, quote, depth, i = [""], None, 0, 0
    while i < len(line):
        c = line[i]
        if quote != "'" and c == "\\":
            i += 1
            c = line[i : i + 1] if quote and not depth else ""
        elif quote != "'" and line.startswith("$(", i):
            depth, i, c = depth + 1, i + 1, ""
            parts.append("")
        elif depth and c in "()":
            depth += {"(": 1, ")": -1}[c]
            c = ""
        elif not depth and quote == '"' and (name := re.match(r"\$(\{[^}]*\}|\w+)", line[i:])):
            i, c = i + name.end() - 1, ""
            parts.append("")
        elif not depth and c in ("'", '"') and quote in (None, c):
            quote, c = (None if quote else c), ""
            # A quote that follows at once continues the same string.
            if quote is None and line[i + 1 : i + 2] not in ("'", '"'):
                parts.append("")
                if only_first:
                    break
        elif depth or not quote:
            c = ""
        parts[-1] += c
        i += 1
    return [part.strip() for part in parts if len(part.strip()) > 7]


sought = []
for file in [*HERE.glob("*.bats"), HERE / "enforced.sh"]:
    for line in file.read_text().splitlines():
        if found := re.match(r"\s*(?:\w+=\S* )?(?:has|wrong|deploy|says) (.*)", line):
            sought += strings(found[1])
untested, count = [], 0
for file in [ROOT / "deploy.sh", *(ROOT / "deploy").glob("*.sh"), ROOT / "package/package.sh"]:
    # A message may be on the line after its command.
    for line in file.read_text().replace("\\\n", " ").splitlines():
        for found in re.finditer(r"\b(?:die(?: \d| \"\$code\")?|mistake) +(?=[\"'])", line):
            # The strings after the first one say what to do.
            said = strings(line[found.end() :], only_first=True)
            if said:
                count += 1
                if not any(a in b or b in a for a in sought for b in said):
                    untested.append(f"{file.relative_to(ROOT)}: {line[found.start():found.start() + 160]}")
print("\n".join(untested) or f"{count} refusals")
sys.exit(bool(untested))
