# Both sides at once. Someone with one of the accounts applies ./requester or ./accepter alone.
module "requester" {
  source                 = "./requester"
  providers              = { aws = aws.a }
  name                   = var.name
  tags                   = var.tags
  vpc_id                 = var.a.vpc_id
  peer_account_id        = var.b.account_id
  peer_vpc_id            = var.b.vpc_id
  peer_region            = var.b.region
  peer_cidr              = var.b.cidr
  route_table_ids        = var.a.route_table_ids
  accepted               = true
  accepted_connection_id = module.accepter.connection_id
}

module "accepter" {
  source          = "./accepter"
  providers       = { aws = aws.b }
  name            = var.name
  tags            = var.tags
  connection_id   = module.requester.connection_id
  peer_cidr       = var.a.cidr
  route_table_ids = var.b.route_table_ids
}
