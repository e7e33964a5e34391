"""Every refusal of deploy.sh and package.sh (die, mistake) is quoted by a test: by what a .bats file or enforced.sh looks for."""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent


def strings(line, only_first=False):
    """The constant parts of the quoted strings of a line of shell, without what is expanded in them."""
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
            # What follows at once goes on with the same string.
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
    # A message may stand on the line after its command.
    for line in file.read_text().replace("\\\n", " ").splitlines():
        for found in re.finditer(r"\b(?:die(?: \d| \"\$code\")?|mistake) +(?=[\"'])", line):
            # What follows the first string is the way on.
            said = strings(line[found.end() :], only_first=True)
            if said:
                count += 1
                if not any(a in b or b in a for a in sought for b in said):
                    untested.append(f"{file.relative_to(ROOT)}: {line[found.start():found.start() + 160]}")
print("\n".join(untested) or f"{count} refusals")
sys.exit(bool(untested))
