"""Creates two accounts as they are before the first deploy: VPCs, subnets, a database, two profiles."""

import configparser
import json
import sys

import boto3

REGION = "eu-west-1"
A, B = "111111111111", "222222222222"
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def session(endpoint, account, role, source=None):
    """Returns a session with a role of an account; assuming a role creates an account in moto."""
    source = source or boto3.Session("nobody", "nothing", region_name=REGION)
    sts = source.client("sts", endpoint_url=endpoint)
    got = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="tests")["Credentials"]
    return boto3.Session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], REGION), got


def administrator(endpoint, account):
    """Returns credentials of a real role `deploy` that may do everything in its account."""
    first, _ = session(endpoint, account, "deploy")
    iam = first.client("iam", endpoint_url=endpoint)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName="deploy", PolicyName="admin", PolicyDocument=json.dumps(ADMIN))
    return session(endpoint, account, "deploy")


def network(ec2, cidr, subnets):
    vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ids = []
    for i, subnet in enumerate(subnets):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=subnet, AvailabilityZone=f"{REGION}{'ab'[i % 2]}")["Subnet"]["SubnetId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=made)
        ids.append(made)
    return vpc, table, ids


def main(endpoint, credentials_file, variables_file):
    a, a_keys = administrator(endpoint, A)
    b, b_keys = administrator(endpoint, B)
    vpc_a, table_a, subnets_a = network(a.client("ec2", endpoint_url=endpoint), "10.0.0.0/16", ["10.0.1.0/24", "10.0.2.0/24"])
    ec2_b = b.client("ec2", endpoint_url=endpoint)
    vpc_b, table_b, subnets_b = network(ec2_b, "10.1.0.0/16", ["10.1.1.0/24", "10.1.2.0/24"])
    group = ec2_b.create_security_group(GroupName="database", Description="database", VpcId=vpc_b)["GroupId"]
    rds = b.client("rds", endpoint_url=endpoint)
    rds.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="private", SubnetIds=subnets_b)
    rds.create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="master", MasterUserPassword="not-used-here", DBSubnetGroupName="private", VpcSecurityGroupIds=[group],
        Port=int(sys.argv[4]) if len(sys.argv) > 4 else 5432,
    )
    profiles = configparser.ConfigParser()
    for name, keys in (("account-a", a_keys), ("account-b", b_keys)):
        profiles[name] = {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }
    with open(credentials_file, "w") as out:
        profiles.write(out)
    with open(variables_file, "w") as out:
        json.dump({
            "ACCOUNT_A_SUBNET_IDS": subnets_a, "ACCOUNT_A_ROUTE_TABLE_IDS": [table_a],
            "ACCOUNT_B_VPC_ID": vpc_b, "ACCOUNT_B_ROUTE_TABLE_IDS": [table_b], "DB_SECURITY_GROUP_IDS": [group],
        }, out)


if __name__ == "__main__":
    main(*sys.argv[1:4])
