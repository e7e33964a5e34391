"""Every validation and precondition of the modules refuses with its message: one case per line of refusals.tsv, many at once.

refusals_test.py DIR: DIR is an empty directory beside a copy of terraform/; it is initialised and validated here.
"""

import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
TERRAFORM = HERE.parent.parent / "terraform"
USUAL = {
    "both": {
        "package_file": str(TERRAFORM / "main.tf"), "account_b_id": "222222222222", "account_b_vpc_id": "vpc-0bbbbbbbbbbbbbbbb",
        "account_a_subnet_ids": ["subnet-0aaaaaaaaaaaaaaa1"], "account_a_route_table_ids": ["rtb-0aaaaaaaaaaaaaaaa"],
        "account_b_route_table_ids": ["rtb-0bbbbbbbbbbbbbbbb"], "db_security_group_ids": ["sg-0bbbbbbbbbbbbbbbb"],
        "db_instance_identifier": "orders", "db_name": "orders", "db_username": "exporter", "db_password": "a-password",
        "external_id": "0123456789abcdef0123456789abcdef", "s3_bucket_name": "data-extraction-bucket",
    },
    "account_b": {
        "function_role_arn": "arn:aws:iam::111111111111:role/x", "external_id": "0123456789abcdef0123456789abcdef",
        "db_instance_identifier": "orders", "account_a_cidrs": ["10.0.0.0/16"],
    },
    "bucket": {"name": "data-extraction-bucket"},
    "overview": {"package_file": str(TERRAFORM / "main.tf"), "bucket": "data-extraction-bucket"},
    "overview_role": {"function_role_arn": "arn:aws:iam::111111111111:role/x"},
}
SOURCE = {"both": "../terraform"} | {module: f"../terraform/modules/{module}" for module in USUAL if module != "both"}
PROVIDERS = {"both": {"aws.a": "aws", "aws.b": "aws"}} | {module: {"aws": "aws"} for module in USUAL if module != "both"}


def cases():
    for number, line in enumerate((HERE / "refusals.tsv").read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            module, settings, message, *found = line.split("\t")
            # A query that would be too long for the file.
            yield f"line_{number}", module, json.loads(settings.replace("REPEAT", "x" * 3001)), message, json.loads(found[0]) if found else {}


def packed(lines):
    """Returns module calls that each have the settings of several lines, no two of the same variable or with the same message."""
    packs = []
    for name, module, settings, message, _ in lines:
        fits = (p for p in packs if len(settings) == 1 and p["open"] and p["module"] == module and not settings.keys() & p["settings"].keys() and message not in p["lines"].values())
        pack = next(fits, None)
        if pack is None:
            packs.append(pack := {"module": module, "settings": {}, "lines": {}, "open": len(settings) == 1})
        pack["settings"].update(settings)
        pack["lines"][name] = message
    return packs


def refused(place, command, calls, overrides=""):
    """Returns Terraform's errors by call, and the messages of failed preconditions, which do not name their call."""
    calls = {"usual": ("both", {}), **calls}
    modules = {name: {"source": SOURCE[module], "providers": PROVIDERS[module], **USUAL[module], **settings} for name, (module, settings) in calls.items()}
    (place / "main.tf.json").write_text(json.dumps({"provider": {"aws": {"region": "eu-west-1"}}, "module": modules}))
    (place / "plan.tftest.hcl").write_text(f'mock_provider "aws" {{\n  source = "{TERRAFORM}/tests/mocks_a"\n}}\n{overrides}run "plan" {{\n  command = plan\n}}\n')
    terraform = ["terraform", f"-chdir={place}"]
    subprocess.run([*terraform, "init", "-backend=false", "-input=false"], check=True, stdout=subprocess.DEVNULL)
    answer = subprocess.run([*terraform, command, "-json"], stdout=subprocess.PIPE, text=True).stdout
    said, preconditions = {}, []
    for one in json.loads(answer)["diagnostics"] if command == "validate" else [json.loads(line).get("diagnostic") for line in answer.splitlines()]:
        if one and one["summary"] == "Resource precondition failed":
            preconditions.append(one["detail"])
        elif one and one["severity"] == "error":
            call = re.search(r"module\.([a-z0-9_]+)", (one.get("snippet") or {}).get("context") or "")
            said.setdefault(call[1] if call else "elsewhere", []).append(one.get("detail", "").split("\n\nThis was checked")[0].replace("\n", " "))
    return said, preconditions


def main(directory):
    place = pathlib.Path(directory)
    lines = list(cases())
    wanted = {name: message for name, _, _, message, _ in lines}
    packs = {f"pack_{number}": pack for number, pack in enumerate(packed(lines))}
    # Validations of a single variable are checked by validate already, and prevent a plan. One that also reads another variable
    # is skipped if that variable is refused; what a pack did not show is therefore validated again, alone.
    first, _ = refused(place, "validate", {name: (pack["module"], pack["settings"]) for name, pack in packs.items()})
    done = {name for pack, p in packs.items() for name, message in p["lines"].items() if any(message in s for s in first.get(pack, []))}
    alone, _ = refused(place, "validate", {name: (module, settings) for name, module, settings, *_ in lines if name not in done})
    left = [line for line in lines if line[0] not in done and not any(line[3] in s for s in alone.get(line[0], []) + alone.get("elsewhere", []))]
    overrides = "".join(f"override_data {{\n  target = module.{name}.{target}\n  values = {json.dumps(values)}\n}}\n" for name, *_, found in left for target, values in found.items())
    said, preconditions = refused(place, "test", {name: (module, settings) for name, module, settings, *_ in left}, overrides)
    failed = [f"{name}: wanted {wanted[name]!r}, got {said.get(name)}" for name, *_ in left if not any(wanted[name] in s for s in said.get(name, []) + said.get("elsewhere", []) + preconditions)]
    # Nothing else is refused: a pack only as its lines say, the usual settings not at all.
    failed += [f"{pack}: {s}" for pack in first if pack != "elsewhere" for s in first[pack] if not any(message in s for message in packs.get(pack, {"lines": {}})["lines"].values())]
    failed += [f"usual: {s}" for s in alone.get("usual", []) + said.get("usual", [])]
    # The message for a missing variable does not name the call.
    failed += [s for heard in (first, alone, said) for s in heard.get("elsewhere", []) if not any(message in s for message in wanted.values())]
    heard = [s for messages in [*first.values(), *alone.values(), *said.values()] for s in messages]
    everything = " ".join(heard + [s for s in preconditions if any(message in s for message in wanted.values())])
    for file in [*TERRAFORM.glob("*.tf"), *TERRAFORM.glob("modules/*/*.tf")]:
        for message in re.findall(r'error_message = "((?:[^"\\$]|\\.|\$\{(?:[^{}"]|"[^"]*")*\})*)"', file.read_text()):
            message = message.encode().decode("unicode_escape").encode("latin1").decode() if "\\" in message else message
            if not re.search(".*".join(map(re.escape, re.split(r"\$\{.*?\}", message))), everything):
                failed.append(f"no line of refusals.tsv is refused with: {message}")
    print("\n".join(failed) or f"{len(wanted)} refusals")
    return bool(failed)


sys.exit(main(sys.argv[1]))
