resource "aws_eip" "nat" {
  count  = var.mode == "nat" ? 1 : 0
  domain = "vpc"
  tags   = merge(var.tags, { Name = "${var.name}-nat" })
}

resource "aws_nat_gateway" "this" {
  count         = var.mode == "nat" ? 1 : 0
  allocation_id = aws_eip.nat[0].id
  subnet_id     = var.nat_public_subnet_id
  tags          = merge(var.tags, { Name = "${var.name}-nat" })
}

resource "aws_route" "nat" {
  for_each               = var.mode == "nat" ? toset(var.vpc.route_table_ids) : []
  route_table_id         = each.value
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[0].id
}
