"""Prints all resources of both accounts that may belong to others, without those being deleted. everything.py ENDPOINT"""

import json
import sys

import boto3

WANTED = {
    "ec2": {
        "peerings": ("describe_vpc_peering_connections", "VpcPeeringConnections", lambda p: p["Status"]["Code"] != "deleted"),
        "endpoints": ("describe_vpc_endpoints", "VpcEndpoints", lambda e: e["State"] != "deleted"),
        "tables": ("describe_route_tables", "RouteTables", None),
        "groups": ("describe_security_groups", "SecurityGroups", None),
        "rules": ("describe_security_group_rules", "SecurityGroupRules", None),
        "nat": ("describe_nat_gateways", "NatGateways", None),
        "services": ("describe_vpc_endpoint_service_configurations", "ServiceConfigurations", None),
        "transit_gateways": ("describe_transit_gateways", "TransitGateways", None),
        "transit_attachments": ("describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments", lambda a: a["State"] != "deleted"),
        "interfaces": ("describe_network_interfaces", "NetworkInterfaces", None),
    },
    "iam": {"roles": ("list_roles", "Roles", None)},
    "lambda": {"functions": ("list_functions", "Functions", None)},
    "cloudwatch": {"alarms": ("describe_alarms", "MetricAlarms", None), "dashboards": ("list_dashboards", "DashboardEntries", None)},
    "sns": {"topics": ("list_topics", "Topics", None)},
    "sqs": {"queues": ("list_queues", "QueueUrls", None)},
    "logs": {"logs": ("describe_log_groups", "logGroups", None)},
    "ssm": {"parameters": ("describe_parameters", "Parameters", None)},
    "scheduler": {"schedules": ("list_schedule_groups", "ScheduleGroups", None)},
    "stepfunctions": {"machines": ("list_state_machines", "stateMachines", None)},
    "ecs": {"clusters": ("list_clusters", "clusterArns", None), "task_definitions": ("list_task_definitions", "taskDefinitionArns", None)},
    "ecr": {"repositories": ("describe_repositories", "repositories", None)},
    "events": {"event_rules": ("list_rules", "Rules", None)},
    "secretsmanager": {"secrets": ("list_secrets", "SecretList", None)},
    "vpc-lattice": {"gateways": ("list_resource_gateways", "items", None), "shared": ("list_resource_configurations", "items", None)},
    "elbv2": {"balancers": ("describe_load_balancers", "LoadBalancers", None), "target_groups": ("describe_target_groups", "TargetGroups", None)},
    "rds": {"subscriptions": ("describe_event_subscriptions", "EventSubscriptionsList", None)},
    "route53": {"zones": ("list_hosted_zones", "HostedZones", None)},
    "s3": {"buckets": ("list_buckets", "Buckets", None)},
}


def everything(profile):
    session = boto3.Session(profile_name=profile, region_name="eu-west-1")
    for service, parts in WANTED.items():
        client = session.client(service, endpoint_url=sys.argv[1])
        for name, (call, key, keep) in parts.items():
            found = [one for one in getattr(client, call)().get(key, []) if keep is None or keep(one)]
            yield name, sorted(json.loads(json.dumps(found, default=str)), key=lambda one: json.dumps(one, sort_keys=True))


print(json.dumps({side: dict(everything(f"account-{side}")) for side in "ab"}, indent=1, sort_keys=True))
