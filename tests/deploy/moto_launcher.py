"""moto's server, extended by what this project needs. Tests only.

- A log group's key and a function's can be changed. Lambda keeps its logging configuration, and runs the zip's real `bootstrap` with the execution role's credentials.
- Peerings and endpoint services are filtered as AWS filters them.
- RDS instances have the address in RDS_ADDRESS.
- Step Functions checks definitions, as far as to their JSON, and lists the versions of a machine, of which there are none.
- VPC Lattice has resource gateways, configurations and endpoints, which Resource Access Manager shares (moto_lattice.py).
- Network load balancers, endpoint services used by another account, and private zones (moto_privatelink.py).
- Transit gateways are shared with another account, which attaches its networks (moto_transit_gateway.py).
- With authentication on (POST /moto-api/reset-auth), identity policies, bucket policies and trusts are evaluated by
  iam_eval with their conditions; each decision is a line of JSON in the file that CALLS names.
"""

import json
import os
import sys
import threading
import time
import uuid
from urllib.parse import parse_qs, urlparse

import moto.awslambda.models as lambda_models
import moto.core.authorization as authorization
import moto.ec2.models.security_groups as security_groups
import moto.ec2.models.vpcs as vpcs
import moto.ec2.responses.vpc_peering_connections as peerings
import moto.rds.models as rds_models
import moto.server
import moto.sqs.models as sqs_models
import moto.stepfunctions.responses as state_machines
from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError, OperationNotPermitted
from moto.ec2.models import ec2_backends
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnectionBackend
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.logs.responses import LogsResponse
from moto.s3.models import FakeBucket, s3_backends
from moto.sts.models import sts_backends
from werkzeug.exceptions import HTTPException

import iam_eval
import lambda_runtime
import moto_lattice
import moto_privatelink
import moto_transit_gateway

ENDPOINT = f"http://127.0.0.1:{sys.argv[1]}"


def patch_lambda_configuration():
    made, configured, updated = (
        lambda_models.LambdaFunction.__init__,
        lambda_models.LambdaFunction.get_configuration,
        lambda_models.LambdaFunction.update_configuration,
    )

    def init(self, account_id, spec, *args, **kwargs):
        self.logging = spec.get("LoggingConfig")
        made(self, account_id, spec, *args, **kwargs)

    def get_configuration(self, *args, **kwargs):
        answer = configured(self, *args, **kwargs)
        if getattr(self, "logging", None):
            answer["LoggingConfig"] = self.logging
        return answer

    def update_configuration(self, changes):
        self.logging = changes.get("LoggingConfig", self.logging)
        self.kms_key_arn = changes.get("KMSKeyArn", self.kms_key_arn)
        return updated(self, changes)

    lambda_models.LambdaFunction.__init__ = init
    lambda_models.LambdaFunction.get_configuration = get_configuration
    lambda_models.LambdaFunction.update_configuration = update_configuration


def role_credentials(role_arn, session):
    """Returns credentials of a role directly from the backend, since the trust of a service admits nobody else."""
    account = role_arn.split(":")[4]
    role = sts_backends[account]["aws"].assume_role(
        region_name="eu-west-1", role_arn=role_arn, role_session_name=session, external_id=None, policy=None, duration=3600
    )
    return {
        "AWS_ACCESS_KEY_ID": role.access_key_id,
        "AWS_SECRET_ACCESS_KEY": role.secret_access_key,
        "AWS_SESSION_TOKEN": role.session_token,
    }


def keep_log(function, text):
    """Writes the function's lines to its log group, as Lambda does."""
    backend = logs_backends[function.role.split(":")[4]][function.region]
    group, stream = (getattr(function, "logging", None) or {}).get("LogGroup", f"/aws/lambda/{function.function_name}"), str(uuid.uuid4())
    if group in backend.groups and text:
        backend.create_log_stream(group, stream)
        now = int(time.time() * 1000)
        backend.put_log_events(group, stream, [{"timestamp": now, "message": line} for line in text.splitlines()])


def patch_lambda_invoke():
    def invoke(self, body, request_headers, response_headers):
        environment = {
            **self.environment_vars,
            **role_credentials(self.role, self.function_name),
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": ENDPOINT,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": self.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": str(self.version),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_size),
        }
        event = body if isinstance(body, bytes) else (body or "{}").encode()
        answer, failed, log = lambda_runtime.invoke(self.code_bytes, event, self.timeout, environment, self.function_arn)
        if failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        keep_log(self, log)
        return answer

    lambda_models.LambdaFunction.invoke = invoke


def patch_log_keys():
    """Changes and removes the key of a log group."""

    def associate_kms_key(self):
        self.logs_backend.groups[self._get_param("logGroupName")].kms_key_id = self._get_param("kmsKeyId")
        return ""

    LogsResponse.associate_kms_key = LogsResponse.disassociate_kms_key = associate_kms_key


def patch_what_comes_back_changed():
    """Returns an event source's alias, a queue's policies, and rules for prefix lists and groups as AWS does."""
    mapping = lambda_models.EventSourceMapping
    made, configured = mapping.__init__, mapping.get_configuration

    def init(self, spec):
        made(self, spec)
        self.asked_for = spec["FunctionName"]

    def get_configuration(self):
        return {**configured(self), "FunctionArn": self.asked_for}

    mapping.__init__, mapping.get_configuration = init, get_configuration

    attributes = sqs_models.Queue.attributes.fget

    def compact(self):
        found = attributes(self)
        return {**found, "RedrivePolicy": json.dumps(self.redrive_policy, separators=(",", ":"), sort_keys=True)} if self.redrive_policy else found

    sqs_models.Queue.attributes = property(compact)

    changed = sqs_models.Queue._set_attributes

    def set_attributes(self, attributes, *args):
        # What is not named stays as it is.
        kept = {"Policy": self.policy} if getattr(self, "_policy_json", None) else {}
        return changed(self, {**kept, **attributes}, *args)

    sqs_models.Queue._set_attributes = set_attributes

    rule = security_groups.SecurityGroupRule
    rule_made, described = rule.__init__, rule.description.fget

    def rule_init(self, *args, **kwargs):
        rule_made(self, *args, **kwargs)
        lists = [a for a in (*args, *kwargs.values()) if isinstance(a, dict) and ("PrefixListId" in a or "GroupId" in a)]
        self.list_description = lists[0].get("Description") if lists else None

    rule.__init__ = rule_init
    rule.description = property(lambda self: described(self) or self.list_description)


def patch_peerings():
    """Makes an accepted peering active only after a while, on which its options and the other side's groups depend; applies filters."""
    responses, backend, groups = peerings.VPCPeeringConnections, VPCPeeringConnectionBackend, security_groups.SecurityGroupBackend
    accepted, modified, sourced = backend.accept_vpc_peering_connection, backend.modify_vpc_peering_connection_options, groups._add_source_group

    def accept_vpc_peering_connection(self, vpc_pcx_id):
        peering = accepted(self, vpc_pcx_id)
        peering._status.code = "provisioning"
        threading.Timer(3, peering._status.accept).start()
        return peering

    def modify_vpc_peering_connection_options(self, vpc_pcx_id, *options):
        if self.get_vpc_peering_connection(vpc_pcx_id)._status.code != "active":
            raise OperationNotPermitted(f"Peering connection {vpc_pcx_id} is not active")
        return modified(self, vpc_pcx_id, *options)

    def _add_source_group(self, source_groups, vpc_id):
        theirs = [g for g in source_groups or [] if g.get("UserId", self.account_id) != self.account_id]
        for group in theirs:
            known = ec2_backends[group["UserId"]][self.region_name].get_security_group_from_id(group["GroupId"])
            if not known or not any(p.vpc.id == known.vpc_id and p._status.code == "active" for p in self.vpc_pcxs.values()):
                raise InvalidSecurityGroupNotFoundError(group["GroupId"])
        return sourced(self, [g for g in source_groups or [] if g not in theirs], vpc_id) + theirs

    backend.accept_vpc_peering_connection = accept_vpc_peering_connection
    backend.modify_vpc_peering_connection_options = modify_vpc_peering_connection_options
    groups._add_source_group = _add_source_group

    def describe_vpc_peering_connections(self):
        found = self.ec2_backend.describe_vpc_peering_connections(vpc_peering_ids=self._get_param("VpcPeeringConnectionIds", []))
        for f in self._get_param("Filters", []):
            values = {
                "requester-vpc-info.vpc-id": lambda p: p.vpc.id,
                "accepter-vpc-info.vpc-id": lambda p: p.peer_vpc.id,
                "status-code": lambda p: p._status.code,
                "tag:Name": lambda p: next((t["value"] for t in self.ec2_backend.describe_tags({"resource-id": [p.id]}) if t["key"] == "Name"), None),
            }[f["Name"]]
            found = [p for p in found if values(p) in f["Values"]]
        return ActionResult({"VpcPeeringConnections": found})

    responses.describe_vpc_peering_connections = describe_vpc_peering_connections


def patch_endpoint_services():
    """Passes the values of a filter under the key that moto reads."""
    filtered = vpcs.VPCBackend._filter_endpoint_services

    def filter_endpoint_services(names, filters, services):
        return filtered(names, [{"Value": f.get("Values", []), **f} for f in filters], services)

    vpcs.VPCBackend._filter_endpoint_services = staticmethod(filter_endpoint_services)


def patch_state_machines():
    """Adds what the provider asks for: a check of the definition before each plan, the versions. machines_test.py runs the definitions."""

    def validate_state_machine_definition(self):
        json.loads(self._get_param("definition"))
        return ActionResult({"result": "OK", "diagnostics": [], "truncated": False})

    def list_state_machine_versions(self):
        return ActionResult({"stateMachineVersions": []})

    state_machines.StepFunctionResponse.validate_state_machine_definition = validate_state_machine_definition
    state_machines.StepFunctionResponse.list_state_machine_versions = list_state_machine_versions


def patch_rds_address():
    address = os.environ.get("RDS_ADDRESS")
    if address:
        rds_models.DBInstance.address = property(lambda self: address)


def s3_action(method, query, of_bucket):
    """Returns S3's name of the permission that a request needs; None to use moto's name."""
    if method == "HEAD":
        return "s3:ListBucket" if of_bucket else "s3:GetObject"
    if method == "POST" and ("uploads" in query or "uploadId" in query):
        return "s3:PutObject"
    if method == "PUT" and "uploadId" in query:
        return "s3:PutObject"
    if method == "DELETE" and "uploadId" in query:
        return "s3:AbortMultipartUpload"
    if method == "GET" and "uploadId" in query:
        return "s3:ListMultipartUploadParts"
    if method == "GET" and "uploads" in query:
        return "s3:ListBucketMultipartUploads"
    return None


def exact(service, response, resource, account, region):
    """Returns the resource that AWS would check, where moto passes none."""
    if service == "ssm":
        name = response._get_param("Name") or response._get_param("Path")
        return f"arn:aws:ssm:{region}:{account}:parameter{name}" if name else "*"
    if service == "rds":
        for key, kind in (("DBInstanceIdentifier", "db"), ("DBClusterIdentifier", "cluster")):
            given = response.querystring.get(key) or response.data.get(key)
            if given:
                return f"arn:aws:rds:{region}:{account}:{kind}:{iam_eval.as_list(given)[0]}"
        return f"arn:aws:rds:{region}:{account}:db:*"
    if service == "secretsmanager":
        return response._get_param("SecretId") or "*"
    return resource


def role_arn_of(session_arn):
    """Converts arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION to the ARN of the role with its path."""
    account, name = session_arn.split(":")[4], session_arn.split("/")[-2]
    for role in iam_backends[account]["aws"].roles.values():
        if role.name == name:
            return role.arn
    return f"arn:aws:iam::{account}:role/{name}"


def note(entry):
    if os.environ.get("CALLS"):
        with open(os.environ["CALLS"], "a") as out:
            out.write(json.dumps(entry) + "\n")


def refuse(call, principal, action):
    """Denies access with the message and format of the service; moto has one format for all."""
    if call._service == "s3":
        call._raise_access_denied()
    message = f"User: {principal} is not authorized to perform: {action}"
    if call._service in ("sts", "rds", "iam"):
        body = f"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{message}</Message></Error></ErrorResponse>"
        denied = HTTPException(body)
        denied.code = 403
    else:
        denied = HTTPException(json.dumps({"__type": "AccessDeniedException", "message": message}))
        denied.code = 400
    raise denied


def patch_authorization():
    def authorize(self, iam_request_cls, resource="*"):
        mixin = authorization.ActionAuthenticatorMixin
        if mixin.request_count < authorization.settings.INITIAL_NO_AUTH_ACTION_COUNT:
            mixin.request_count += 1
            return
        parsed = urlparse(self.uri)
        path = self.raw_path + (f"?{parsed.query}" if parsed.query else "")
        call = iam_request_cls(
            account_id=self.current_account, method=self.method, path=path, data=self.data,
            body=self.raw_body, headers=self.headers, action=self._get_action(),
        )
        call.check_signature()
        principal = role_arn_of(call._access_key.arn)
        query = parse_qs(parsed.query, keep_blank_values=True)
        action = (s3_action(self.method, query, "/" not in resource) if call._service == "s3" else None) or call._action
        # The service has one name in its permissions and another in its endpoints.
        action = action.replace("monitoring:", "cloudwatch:", 1)
        if action == "sts:GetCallerIdentity":
            return
        resource = exact(call._service, self, resource, self.current_account, self.region)
        context = {
            "aws:principalarn": principal,
            "aws:principalaccount": self.current_account,
            # The emulator speaks HTTP; AWS would see TLS 1.3.
            "aws:securetransport": "true",
            "s3:tlsversion": "1.3",
        }
        policies = [json.loads(p) if isinstance(p, str) else json.loads(p.document) for p in call._access_key.collect_policies()]
        verdicts = []
        if call._service == "s3":
            bucket = resource.split(":::")[1].split("/")[0]
            owner = next((a for a in s3_backends for p in s3_backends[a] if bucket in s3_backends[a][p].buckets), None)
            if owner:
                context["aws:resourceaccount"] = owner
            if query.get("prefix"):
                context["s3:prefix"] = query["prefix"]
            key = "/".join(resource.split("/")[1:])
            absent = owner and action == "s3:GetObject" and key not in s3_backends[owner]["aws"].buckets[bucket].keys
        if action == "sts:AssumeRole":
            external = self.data.get("ExternalId")
            if external:
                context["sts:externalid"] = external
        request = iam_eval.Request(principal, action, resource, context)
        verdict, sid = iam_eval.evaluate(policies, request)
        if verdict == "allow" and call._service == "s3" and absent:
            # S3 answers that a key is missing only to callers that may list.
            listing = iam_eval.Request(principal, "s3:ListBucket", f"arn:aws:s3:::{bucket}", context)
            verdict, sid = iam_eval.evaluate(policies, listing)
            note({"principal": principal, "action": listing.action, "resource": listing.resource, "context": context, "verdict": verdict, "sid": sid})
        if verdict == "allow" and call._service == "s3" and owner:
            policy = s3_backends[owner]["aws"].buckets[bucket].policy
            if policy and iam_eval.evaluate([json.loads(policy)], request)[0] == "deny":
                verdict, sid = "deny", "bucket policy"
        if verdict == "allow" and action == "sts:AssumeRole":
            account, name = resource.split(":")[4], resource.split("/")[-1]
            trusted = [r for r in iam_backends[account]["aws"].roles.values() if r.name == name]
            trusts = [json.loads(r.assume_role_policy_document) for r in trusted]
            if iam_eval.evaluate(trusts, iam_eval.Request(principal, action, "*", context))[0] != "allow":
                verdict, sid = "deny", "trust"
        note({"principal": principal, "action": action, "resource": resource, "context": context, "verdict": verdict, "sid": sid})
        if verdict != "allow":
            refuse(call, principal, action)

    authorization.ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize
    # Bucket policies were evaluated above, with their conditions.
    from moto.iam.access_control import PermissionResult

    FakeBucket.get_permission = lambda self, action, resource: PermissionResult.NEUTRAL


if __name__ == "__main__":
    patch_lambda_configuration()
    patch_lambda_invoke()
    patch_log_keys()
    patch_what_comes_back_changed()
    patch_peerings()
    patch_endpoint_services()
    patch_rds_address()
    patch_state_machines()
    moto_lattice.patch()
    moto_privatelink.patch()
    moto_transit_gateway.patch()
    patch_authorization()
    moto.server.main(["-H", "127.0.0.1", "-p", sys.argv[1]])
