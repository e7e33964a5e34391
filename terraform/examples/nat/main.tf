# A NAT gateway for private subnets, for AWS_API_ACCESS=existing, such as a database in another region needs: 36.50 USD a month and
# 0.045 USD per GB. The data itself takes the gateway endpoint to S3.

provider "aws" {
  region = "eu-west-1"
}

resource "aws_eip" "nat" {
  domain = "vpc"
}

resource "aws_nat_gateway" "this" {
  allocation_id = aws_eip.nat.id
  subnet_id     = "subnet-0aaaaaaaaaaaaaaa9" # public
}

resource "aws_route" "nat" {
  for_each               = toset(["rtb-0aaaaaaaaaaaaaaaa"])
  route_table_id         = each.value
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this.id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = "vpc-0aaaaaaaaaaaaaaaa"
  service_name      = "com.amazonaws.eu-west-1.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = ["rtb-0aaaaaaaaaaaaaaaa"]
}
