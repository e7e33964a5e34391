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


def main(directory):
    place = pathlib.Path(directory)
    wanted = {name: message for name, _, _, message, _ in cases()}
    calls = {name: {"source": SOURCE[module], "providers": PROVIDERS[module], **USUAL[module], **settings} for name, module, settings, _, _ in cases()}
    overrides = "".join(f"override_data {{\n  target = module.{name}.{target}\n  values = {json.dumps(values)}\n}}\n" for name, *_, found in cases() for target, values in found.items())
    calls["usual"] = {"source": SOURCE["both"], "providers": PROVIDERS["both"], **USUAL["both"]}
    said, preconditions = {}, []
    # Validations of one variable alone are looked at by validate, and keep a plan from being made.
    for command in ("validate", "test"):
        root = {"provider": {"aws": {"region": "eu-west-1"}}, "module": {name: call for name, call in calls.items() if name not in said}}
        (place / "main.tf.json").write_text(json.dumps(root))
        (place / "plan.tftest.hcl").write_text(f'mock_provider "aws" {{\n  source = "{TERRAFORM}/tests/mocks_a"\n}}\n{overrides}run "plan" {{\n  command = plan\n}}\n')
        terraform = ["terraform", f"-chdir={place}"]
        subprocess.run([*terraform, "init", "-backend=false", "-input=false"], check=True, stdout=subprocess.DEVNULL)
        answer = subprocess.run([*terraform, command, "-json"], stdout=subprocess.PIPE, text=True).stdout
        found = json.loads(answer)["diagnostics"] if command == "validate" else [json.loads(line).get("diagnostic") for line in answer.splitlines()]
        for one in found:
            if one and one["summary"] == "Resource precondition failed":
                # Which call's it is, it does not say; all are of one account here, so some fail in many.
                preconditions.append(one["detail"])
            elif one and one["severity"] == "error":
                call = re.search(r"module\.([a-z0-9_]+)", (one.get("snippet") or {}).get("context") or "")
                said.setdefault(call[1] if call else "elsewhere", []).append(one.get("detail", "").split("\n\nThis was checked")[0].replace("\n", " "))
    failed = [f"{name}: wanted {message!r}, got {said.get(name)}" for name, message in wanted.items() if not any(message in s for s in said.get(name, []) + said.get("elsewhere", []) + preconditions)]
    failed += [f"{name}: {said[name]}" for name in said if name not in wanted and name != "elsewhere"]
    # The message for a missing variable does not name the call.
    failed += [s for s in said.get("elsewhere", []) if not any(message in s for message in wanted.values())]
    everything = " ".join([*(s for lines in said.values() for s in lines), *(s for s in preconditions if any(message in s for message in wanted.values()))])
    for file in [*TERRAFORM.glob("*.tf"), *TERRAFORM.glob("modules/*/*.tf")]:
        for message in re.findall(r'error_message = "((?:[^"\\$]|\\.|\$\{(?:[^{}"]|"[^"]*")*\})*)"', file.read_text()):
            message = message.encode().decode("unicode_escape").encode("latin1").decode() if "\\" in message else message
            if not re.search(".*".join(map(re.escape, re.split(r"\$\{.*?\}", message))), everything):
                failed.append(f"no line of refusals.tsv is refused with: {message}")
    print("\n".join(failed) or f"{len(wanted)} refusals")
    return bool(failed)


sys.exit(main(sys.argv[1]))
