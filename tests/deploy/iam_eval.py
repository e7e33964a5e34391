"""IAM's evaluation of policy documents, as far as the policies of this project need it.

Evaluates a request (principal, action, resource, context) offline and without an emulator against identity policies, a resource
policy or a trust policy. An unknown condition operator is an error, never silently true.
"""

import fnmatch
import re
from dataclasses import dataclass, field


@dataclass
class Request:
    """One API call. `context` maps condition keys in lower case to a string or a list of strings."""

    principal: str
    action: str
    resource: str
    context: dict = field(default_factory=dict)

    def account(self):
        return self.principal.split(":")[4]


def as_list(value):
    return value if isinstance(value, list) else [value]


def glob(pattern, text):
    """Matches IAM's wildcards: * and ? match any character, brackets are literal."""
    return re.fullmatch(fnmatch.translate(pattern.replace("[", "[[]")), text, re.DOTALL) is not None


def arn_like(pattern, text):
    """Matches the six parts separately, so that * does not cross one of the first five colons."""
    wanted, given = pattern.split(":", 5), text.split(":", 5)
    return len(wanted) == len(given) == 6 and all(glob(w, g) for w, g in zip(wanted, given))


OPERATORS = {
    "StringEquals": lambda w, g: w == g,
    "StringLike": glob,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda w, g: w.lower() == g.lower(),
    "NumericLessThan": lambda w, g: float(g) < float(w),
}


def operator_holds(name, key, wanted, context):
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = name.replace("Not", "") in OPERATORS and "Not" in name
    compare = OPERATORS[name.replace("Not", "")]
    given = context.get(key.lower())
    if given is None:
        # A missing key fails a condition, except a negated one and one that says IfExists.
        return optional or negated
    matched = any(compare(w, g) for w in as_list(wanted) for g in as_list(given))
    return matched != negated


def conditions_hold(statement, context):
    return all(
        operator_holds(operator, key, wanted, context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def principal_matches(statement, request):
    wanted = statement["Principal"]
    if wanted == "*":
        return True
    for kind, names in wanted.items():
        for name in as_list(names):
            if kind == "AWS" and (
                name in ("*", request.principal)
                or re.fullmatch(rf"arn:[a-z-]+:iam::{request.account()}:root", name)
            ):
                return True
            if kind == "Service" and name == request.principal:
                return True
    return False


def statement_matches(statement, request):
    return (
        any(glob(a.lower(), request.action.lower()) for a in as_list(statement["Action"]))
        and any(glob(r, request.resource) for r in as_list(statement.get("Resource", "*")))
        and ("Principal" not in statement or principal_matches(statement, request))
        and conditions_hold(statement, request.context)
    )


def evaluate(policies, request):
    """Returns `deny` (explicit), `allow`, or `implicit` if no statement applies to the request; and the deciding Sid."""
    verdict = ("implicit", None)
    for policy in policies:
        for statement in as_list(policy["Statement"]):
            if statement_matches(statement, request):
                if statement["Effect"] == "Deny":
                    return "deny", statement.get("Sid")
                verdict = ("allow", statement.get("Sid"))
    return verdict


def may_assume(trust, principal_arn, external_id=None, organization=None):
    """Whether a principal with sts:AssumeRole in its own policies may assume a role with this trust."""
    context = {"aws:principalarn": principal_arn, "aws:principalaccount": principal_arn.split(":")[4]}
    if external_id is not None:
        context["sts:externalid"] = external_id
    if organization is not None:
        context["aws:principalorgid"] = organization
    request = Request(principal_arn, "sts:AssumeRole", "*", context)
    return evaluate([trust], request)[0] == "allow"
