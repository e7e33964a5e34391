"""Lists what is left of a deployment in the two accounts, one per line; a key pending deletion does not count."""

import sys

import boto3

ENDPOINT = sys.argv[1]
NAME = "rds-data-extractor"


def client(profile, service):
    return boto3.Session(profile_name=profile, region_name="eu-west-1").client(service, endpoint_url=ENDPOINT)


def left(profile):
    c = lambda service: client(profile, service)
    yield from (("lambda", f["FunctionName"]) for f in c("lambda").list_functions()["Functions"])
    yield from (("iam", r["RoleName"]) for r in c("iam").list_roles()["Roles"] if r["RoleName"] != "deploy" and "aws-service-role" not in r["Path"])
    yield from (("ssm", p["Name"]) for p in c("ssm").describe_parameters()["Parameters"])
    yield from (("sqs", q) for q in c("sqs").list_queues().get("QueueUrls", []))
    yield from (("sns", t["TopicArn"]) for t in c("sns").list_topics()["Topics"])
    yield from (("scheduler", g["Name"]) for g in c("scheduler").list_schedule_groups()["ScheduleGroups"] if g["Name"] != "default")
    yield from (("events", r["Name"]) for r in c("events").list_rules()["Rules"])
    yield from (("alarm", a["AlarmName"]) for a in c("cloudwatch").describe_alarms()["MetricAlarms"])
    yield from (("dashboard", d["DashboardName"]) for d in c("cloudwatch").list_dashboards()["DashboardEntries"])
    yield from (("logs", g["logGroupName"]) for g in c("logs").describe_log_groups()["logGroups"] if NAME in g["logGroupName"])
    yield from (("s3", b["Name"]) for b in c("s3").list_buckets()["Buckets"])
    yield from (("kms", a["AliasName"]) for a in c("kms").list_aliases()["Aliases"] if NAME in a["AliasName"])
    for key in c("kms").list_keys()["Keys"]:
        if c("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled" and NAME in str(c("kms").list_resource_tags(KeyId=key["KeyId"])):
            yield "kms", key["KeyId"]
    ec2 = c("ec2")
    yield from (("endpoint", e["VpcEndpointId"]) for e in ec2.describe_vpc_endpoints()["VpcEndpoints"] if e["State"] != "deleted")
    yield from (("peering", p["VpcPeeringConnectionId"]) for p in ec2.describe_vpc_peering_connections()["VpcPeeringConnections"] if p["Status"]["Code"] == "active")
    yield from (("group", g["GroupName"]) for g in ec2.describe_security_groups()["SecurityGroups"] if NAME in g["GroupName"])
    for table in ec2.describe_route_tables()["RouteTables"]:
        yield from (("route", r["DestinationCidrBlock"]) for r in table["Routes"] if r.get("VpcPeeringConnectionId") or r.get("NatGatewayId"))
    for group in ec2.describe_security_groups()["SecurityGroups"]:
        if group["GroupName"] == "database":
            yield from (("ingress", str(p)) for p in group["IpPermissions"])


for profile in ("account-a", "account-b"):
    for service, name in left(profile):
        print(profile, service, name)
