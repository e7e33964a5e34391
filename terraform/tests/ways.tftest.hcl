# From every way to every other one: what belongs to the old way is gone, the new one is made, and key, bucket and function stay.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

variables {
  account_b_subnet_ids        = ["subnet-0bbbbbbbbbbbbbbb1"]
  target_updater_package_file = "./main.tf"
}

run "peering_first" {
  variables {
    connectivity = "peering"
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    1, 0, 0, 0, 0]
    error_message = "There is what peering needs, and nothing of another way."
  }
}

run "from_peering_to_lattice" {
  variables {
    connectivity = "lattice"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 1, 1, 0, 0]
    error_message = "There is what lattice needs, and nothing of another way."
  }
}

run "from_lattice_to_peering" {
  variables {
    connectivity = "peering"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    1, 0, 0, 0, 0]
    error_message = "There is what peering needs, and nothing of another way."
  }
}

run "from_peering_to_existing" {
  variables {
    connectivity = "existing"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 0, 0, 0, 0]
    error_message = "There is what existing needs, and nothing of another way."
  }
}

run "from_existing_to_peering" {
  variables {
    connectivity = "peering"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    1, 0, 0, 0, 0]
    error_message = "There is what peering needs, and nothing of another way."
  }
}

run "from_peering_to_privatelink" {
  variables {
    connectivity = "privatelink"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 1, 0, 1, 0]
    error_message = "There is what privatelink needs, and nothing of another way."
  }
}

run "from_privatelink_to_lattice" {
  variables {
    connectivity = "lattice"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 1, 1, 0, 0]
    error_message = "There is what lattice needs, and nothing of another way."
  }
}

run "from_lattice_to_existing" {
  variables {
    connectivity = "existing"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 0, 0, 0, 0]
    error_message = "There is what existing needs, and nothing of another way."
  }
}

run "from_existing_to_lattice" {
  variables {
    connectivity = "lattice"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 1, 1, 0, 0]
    error_message = "There is what lattice needs, and nothing of another way."
  }
}

run "from_lattice_to_privatelink" {
  variables {
    connectivity = "privatelink"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 1, 0, 1, 0]
    error_message = "There is what privatelink needs, and nothing of another way."
  }
}

run "from_privatelink_to_existing" {
  variables {
    connectivity = "existing"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 0, 0, 0, 0]
    error_message = "There is what existing needs, and nothing of another way."
  }
}

run "from_existing_to_privatelink" {
  variables {
    connectivity = "privatelink"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 1, 0, 1, 0]
    error_message = "There is what privatelink needs, and nothing of another way."
  }
}

run "from_privatelink_to_peering" {
  variables {
    connectivity = "peering"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    1, 0, 0, 0, 0]
    error_message = "There is what peering needs, and nothing of another way."
  }
}

run "from_peering_to_transit_gateway" {
  variables {
    connectivity = "transit_gateway"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 0, 0, 0, 1]
    error_message = "There is what transit_gateway needs, and nothing of another way."
  }
}

run "from_transit_gateway_to_lattice" {
  variables {
    connectivity = "lattice"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 1, 1, 0, 0]
    error_message = "There is what lattice needs, and nothing of another way."
  }
}

run "from_lattice_to_transit_gateway" {
  variables {
    connectivity = "transit_gateway"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 0, 0, 0, 1]
    error_message = "There is what transit_gateway needs, and nothing of another way."
  }
}

run "from_transit_gateway_to_privatelink" {
  variables {
    connectivity = "privatelink"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 1, 0, 1, 0]
    error_message = "There is what privatelink needs, and nothing of another way."
  }
}

run "from_privatelink_to_transit_gateway" {
  variables {
    connectivity = "transit_gateway"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 0, 0, 0, 1]
    error_message = "There is what transit_gateway needs, and nothing of another way."
  }
}

run "from_transit_gateway_to_existing" {
  variables {
    connectivity = "existing"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 0, 0, 0, 0]
    error_message = "There is what existing needs, and nothing of another way."
  }
}

run "from_existing_to_transit_gateway" {
  variables {
    connectivity = "transit_gateway"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    0, 0, 0, 0, 1]
    error_message = "There is what transit_gateway needs, and nothing of another way."
  }
}

run "from_transit_gateway_to_peering" {
  variables {
    connectivity = "peering"
  }
  assert {
    condition = [output.kms_key_arn, output.policies.bucket, output.alias_arn, output.function_security_group_id, output.log_group_name] == [
    run.peering_first.kms_key_arn, run.peering_first.policies.bucket, run.peering_first.alias_arn, run.peering_first.function_security_group_id, run.peering_first.log_group_name]
    error_message = "What does not belong to the way stays."
  }
  assert {
    condition = [length(aws_vpc_peering_connection.this), length(aws_vpc_endpoint.database), length(module.account_b[0].resource_configuration_arn[*]), length(module.account_b[0].endpoint_service_name[*]), length(module.account_b[0].transit_gateway_attachment_id[*])] == [
    1, 0, 0, 0, 0]
    error_message = "There is what peering needs, and nothing of another way."
  }
}
