"""Updates the inputs and outputs in the README.md of each module, in the layout of terraform-docs. module_readmes.py [--check]"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent.parent / "terraform"
BEGIN, END = "<!-- BEGIN_TF_DOCS -->", "<!-- END_TF_DOCS -->"


def blocks(directory, kind, files):
    for file in sorted(directory.glob(files)):
        for name, body in re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}', file.read_text(), re.M | re.S):
            description = re.search(r'^  description = "(.*)"$', body, re.M)
            long = re.search(r"^  description = <<-EOT\n(.*?)^  EOT$", body, re.M | re.S)
            text = description[1] if description else " ".join(long[1].split())
            # An indented type extends to its closing bracket.
            wanted = re.search(r"^  type += (.*?)(?=^  [a-z]|\Z)", body, re.M | re.S)
            default = re.search(r"^  default += (.*)$", body, re.M)
            yield name, text.replace('\\"', '"').replace("|", "\\|"), " ".join((wanted[1] if wanted else "").split()).split("validation")[0].strip(), default and default[1]


def tables(directory):
    lines = ["## Inputs", "", "| Name | Description | Type | Default | Required |", "| --- | --- | --- | --- | :---: |"]
    for name, text, kind, default in sorted(blocks(directory, "variable", "variables*.tf")):
        lines.append(f"| {name} | {text} | `{kind.replace('|', chr(92) + '|')}` | {f'`{default}`' if default else 'n/a'} | {'no' if default else 'yes'} |")
    lines += ["", "## Outputs", "", "| Name | Description |", "| --- | --- |"]
    lines += [f"| {name} | {text} |" for name, text, _, _ in sorted(blocks(directory, "output", "outputs.tf"))]
    return "\n".join(lines)


stale = []
for readme in [ROOT / "README.md", *sorted(ROOT.glob("modules/*/README.md"))]:
    before = readme.read_text()
    head, rest = before.split(BEGIN)
    after = f"{head}{BEGIN}\n{tables(readme.parent)}\n{END}{rest.split(END)[1]}"
    if after != before:
        stale.append(str(readme.relative_to(ROOT.parent)))
        if "--check" not in sys.argv:
            readme.write_text(after)
if stale and "--check" in sys.argv:
    sys.exit(f"{' '.join(stale)}: run tests/deploy/module_readmes.py")
