# What every test has, unless it says otherwise. Any file will do as a package where the provider is a mock.
package_file              = "./main.tf"
account_b_id              = "222222222222"
account_b_vpc_id          = "vpc-0bbbbbbbbbbbbbbbb"
account_a_subnet_ids      = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]
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
