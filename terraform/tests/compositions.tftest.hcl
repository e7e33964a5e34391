# The root, composed as its users compose it: what the whole comes to, beside the usual case.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

variables {
  package_file              = "./main.tf"
  aws_region                = "eu-west-1"
  account_a_id              = "111111111111"
  account_b_id              = "222222222222"
  account_a_vpc_id          = "vpc-0aaaaaaaaaaaaaaaa"
  account_b_vpc_id          = "vpc-0bbbbbbbbbbbbbbbb"
  account_a_vpc_cidr        = "10.0.0.0/16"
  account_b_vpc_cidr        = "10.1.0.0/16"
  account_a_subnet_ids      = ["subnet-0aaaaaaaaaaaaaaa1"]
  account_a_route_table_ids = ["rtb-0aaaaaaaaaaaaaaaa"]
  account_b_route_table_ids = ["rtb-0bbbbbbbbbbbbbbbb"]
  db_security_group_ids     = ["sg-0bbbbbbbbbbbbbbbb"]
  db_instance_identifier    = "orders"
  db_name                   = "orders"
  db_username               = "exporter"
  db_password               = "a-password"
  external_id               = "0123456789abcdef0123456789abcdef"
  s3_bucket_name            = "data-extraction-bucket"
  s3_key_prefix             = "exports"
}

run "discover_from_outside_any_vpc" {
  variables {
    function_in_vpc           = false
    connectivity              = "none"
    account_a_vpc_id          = null
    account_b_vpc_id          = null
    account_a_vpc_cidr        = null
    account_b_vpc_cidr        = null
    account_a_subnet_ids      = []
    account_a_route_table_ids = []
    account_b_route_table_ids = []
    db_security_group_ids     = []
    allow_discover            = true
    allowed_role_arns         = ["arn:aws:iam::333333333333:role/Reader", "arn:aws:iam::*:role/Reader"]
  }
  assert {
    condition     = output.endpoint_policies == null && output.peering_connection_id == null
    error_message = "Without a VPC there are neither endpoints nor a peering."
  }
  assert {
    condition     = !strcontains(output.function_policy_json, "ec2:CreateNetworkInterface")
    error_message = "Without a VPC Lambda makes no network interfaces."
  }
  assert {
    condition = one([for s in jsondecode(output.function_policy_json).Statement : s.Resource if s.Sid == "AssumeAccountB"]) == [
      "arn:aws:iam::222222222222:role/CrossAccountRDSAccessRole", "arn:aws:iam::333333333333:role/Reader"
    ]
    error_message = "The function assumes B's role and those that are named one by one."
  }
  assert {
    condition     = join(" ", sort([for s in jsondecode(output.cross_account_policy_json).Statement : s.Sid])) == "DescribeInstance DiscoverDatabases ReadFigures"
    error_message = "allow_discover adds the lists and the figures, nothing else."
  }
}

run "database_in_another_region_through_nat" {
  variables {
    account_b_region     = "us-east-1"
    aws_api_access       = "nat"
    nat_public_subnet_id = "subnet-0aaaaaaaaaaaaaaa9"
  }
  assert {
    condition     = keys(output.endpoint_policies) == ["s3"]
    error_message = "NAT has no interface endpoints; S3 keeps its gateway."
  }
  assert {
    condition     = jsondecode(output.configuration).region == "us-east-1"
    error_message = "The function is told the database's region."
  }
}

run "iam_login_writes_no_password" {
  command = plan
  variables {
    db_auth        = "iam"
    db_resource_id = "db-ABCDEFGHIJKL0123"
    db_password    = null
  }
  assert {
    condition     = one([for s in jsondecode(output.cross_account_policy_json).Statement : s.Resource if s.Sid == "LoginAsUser"]) == ["arn:aws:rds-db:eu-west-1:222222222222:dbuser:db-ABCDEFGHIJKL0123/exporter"]
    error_message = "B's role may log in as this user of this database alone."
  }
  assert {
    condition     = jsondecode(output.configuration) == { port = 5432, dbInstanceIdentifier = "orders", database = "orders", username = "exporter", auth = "iam" }
    error_message = "The configuration is as the function reads it, without a password."
  }
}

run "a_secret_of_account_b" {
  command = plan
  variables {
    db_username           = null
    db_password           = null
    db_secret_arn         = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:rds!db-1-AbCdEf"
    db_secret_kms_key_arn = "arn:aws:kms:eu-west-1:222222222222:key/s"
  }
  assert {
    condition     = join(" ", sort([for s in jsondecode(output.cross_account_policy_json).Statement : s.Sid])) == "DecryptSecret DescribeInstance ReadSecret"
    error_message = "B's role reads the secret and decrypts it."
  }
  assert {
    condition     = contains(keys(output.endpoint_policies), "secretsmanager") && jsondecode(output.configuration).secretArn == "arn:aws:secretsmanager:eu-west-1:222222222222:secret:rds!db-1-AbCdEf"
    error_message = "The secret's endpoint is made, and the function is told the secret."
  }
}

run "configuration_in_a_secret" {
  command = plan
  variables {
    configuration_store = "secret"
    db_password         = null
  }
  assert {
    condition     = output.configuration_secret_name == "cross-account/db-config" && output.db_config_param == "/aws/reference/secretsmanager/cross-account/db-config"
    error_message = "deploy.sh is told which secret to fill, the function where to read it."
  }
}

run "bucket_of_a_third_account_under_its_key" {
  variables {
    create_bucket   = false
    s3_bucket_owner = "333333333333"
    s3_kms_key_id   = "arn:aws:kms:eu-west-1:333333333333:key/b"
  }
  assert {
    condition     = output.bucket_policy_json == null && strcontains(output.bucket_advice, "AbortIncompleteMultipartUpload")
    error_message = "The owner's policy is left alone, and the owner advised."
  }
  assert {
    condition = alltrue([for s in jsondecode(output.function_policy_json).Statement :
    s.Condition.StringEquals["aws:ResourceAccount"] == "333333333333" if contains(["WriteObjects", "ListObjects", "FindUploads"], s.Sid)])
    error_message = "The function writes into the third account's bucket and no namesake of it."
  }
  assert {
    condition     = one([for s in jsondecode(output.function_policy_json).Statement : s if s.Sid == "EncryptObjects"]).Resource == ["arn:aws:kms:eu-west-1:333333333333:key/b"]
    error_message = "Multipart uploads under a customer key need GenerateDataKey and Decrypt."
  }
}

run "what_events_may_name_besides" {
  variables {
    allowed_buckets       = ["data-extraction-bucket", "acme-*"]
    allowed_config_params = ["/cross-account/db-config", "/cross-account/other", "/myapp/db/"]
    allowed_query_params  = ["/queries/*"]
  }
  assert {
    condition     = one([for s in jsondecode(output.function_policy_json).Statement : s.Resource if s.Sid == "WriteObjects"]) == ["arn:aws:s3:::data-extraction-bucket/exports/*", "arn:aws:s3:::acme-*/exports/*"]
    error_message = "A bucket that events may name is one that the function may write."
  }
  assert {
    condition = one([for s in jsondecode(output.function_policy_json).Statement : s.Resource if s.Sid == "ReadConfiguration"]) == [for name in
    ["/cross-account/db-config", "/queries/*", "/cross-account/other", "/myapp/db/*"] : "arn:aws:ssm:eu-west-1:111111111111:parameter${name}"]
    error_message = "A configuration that events may name is one that the function may read."
  }
  assert {
    condition     = jsondecode(output.endpoint_policies["s3"]).Statement[0].Resource == ["arn:aws:s3:::data-extraction-bucket", "arn:aws:s3:::data-extraction-bucket/*", "arn:aws:s3:::acme-*", "arn:aws:s3:::acme-*/*"]
    error_message = "And the gateway endpoint lets it."
  }
}

run "everything_brought_along" {
  variables {
    create_bucket           = false
    kms_key_arn             = "arn:aws:kms:eu-west-1:111111111111:key/mine"
    function_role_arn       = "arn:aws:iam::111111111111:role/data/extractor"
    log_group_name          = "/data/extractor"
    failure_destination_arn = "arn:aws:sns:eu-west-1:111111111111:data-failures"
    alarm_topic_arn         = "arn:aws:sns:eu-west-1:111111111111:alarms"
    configuration_store     = "existing"
    db_config_param         = "/myapp/db/"
  }
  assert {
    condition = [output.function_role_arn, output.kms_key_arn, output.log_group_name, output.alarm_topic_arn, output.db_config_param] == [
    "arn:aws:iam::111111111111:role/data/extractor", "arn:aws:kms:eu-west-1:111111111111:key/mine", "/data/extractor", "arn:aws:sns:eu-west-1:111111111111:alarms", "/myapp/db/"]
    error_message = "What exists is used."
  }
  assert {
    condition     = jsondecode(output.cross_account_trust_json).Statement[0].Condition.StringEquals["aws:PrincipalArn"] == "arn:aws:iam::111111111111:role/data/extractor"
    error_message = "B trusts the role that was brought along, with its path."
  }
  assert {
    condition     = one([for s in jsondecode(output.function_policy_json).Statement : s.Action if s.Sid == "ReportFailures"]) == ["sns:Publish"]
    error_message = "What the role must be able to do is said."
  }
}
