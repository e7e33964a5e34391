# Here and not in the root's tests: `terraform validate` of the root cannot handle a module with two provider aliases as the
# module under test.
mock_provider "aws" {
  alias = "a"
}

mock_provider "aws" {
  alias = "b"
}

run "outputs_of_every_kind_of_connectivity" {
  command = plan
  variables {
    name = "x"
    a    = { vpc_id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", route_table_ids = [] }
    b    = { account_id = "222222222222", vpc_id = "vpc-0bbbbbbbbbbbbbbbb", cidr = "10.1.0.0/16", route_table_ids = [] }
  }
  assert {
    condition     = output.host == null && output.port == 5432 && output.tls_server_name == null
    error_message = "The function asks RDS for the host."
  }
  assert {
    condition     = join(" ", output.admit.cidrs) == "10.0.0.0/16" && length(output.admit.security_groups) == 0
    error_message = "The database admits A's network."
  }
}

run "peering_refuses_1" {
  command = plan
  variables {
    name  = "x"
    a     = { vpc_id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", route_table_ids = [] }
    b     = { account_id = "222222222222", vpc_id = "vpc-0bbbbbbbbbbbbbbbb", cidr = "10.0.4.0/24", route_table_ids = [] } # overlap
    admit = "all"                                                                                                         # admit
  }
  expect_failures = [
    var.b,
    var.admit,
  ]
}


run "peering_refuses_2" {
  command = plan
  variables {
    name                    = "x"
    a                       = { vpc_id = "vpc-0aaaaaaaaaaaaaaaa", cidr = "10.0.0.0/16", route_table_ids = [] }
    b                       = { account_id = "222222222222", region = "us-east-1", vpc_id = "vpc-0bbbbbbbbbbbbbbbb", cidr = "10.1.0.0/16", route_table_ids = [] } # group across regions
    function_security_group = "111111111111/sg-0aaaaaaaaaaaaaaaa"                                                                                                 # group across regions
  }
  expect_failures = [
    var.function_security_group,
  ]
}

