"""Transit gateways that are shared with another account, for moto, which knows only those of one's own. A model from AWS's
documentation: a gateway is seen once its share is accepted, a foreign attachment is pending until the gateway's owner accepts it, there
is no route to a gateway before that, a deleted attachment is shown as deleted, and a gateway in use cannot be deleted.
"""

import copy

import moto.ec2.models.route_tables as route_tables
import moto.ec2.models.security_groups as security_groups
import moto.ec2.models.transit_gateway as gateways
import moto.ec2.models.transit_gateway_attachments as attachments
import moto.ec2.responses.transit_gateway_attachments as responses
from moto.core.responses import ActionResult
from moto.ec2.exceptions import DuplicateTransitGatewayAttachmentError, EC2ClientError, InvalidTransitGatewayID
from moto.ec2.models import ec2_backends

import moto_lattice


def all_gateways():
    return [g for backend in moto_lattice.regions(ec2_backends) for g in backend.transit_gateways.values()]


def all_attachments():
    return {a.id: a for backend in moto_lattice.regions(ec2_backends) for a in backend.transit_gateway_attachments.values()}


def seen_by(account):
    accepted = {i["resourceShareArn"] for i in moto_lattice.INVITATIONS.values() if i["receiverAccountId"] == account and i["status"] == "ACCEPTED"}
    shared = {arn for share in moto_lattice.shares() if share.arn in accepted for arn in share.resource_arns}
    return [g for g in all_gateways() if g.owner_id == account or g.arn in shared]


def gateway_of(account, i):
    found = next((g for g in seen_by(account) if g.id == i), None)
    if found is None:
        raise InvalidTransitGatewayID(i)
    return found


def attached(gateway, vpc):
    return next((a for a in all_attachments().values() if a.transit_gateway_id == gateway and a.resource_id == vpc and a.state != "deleted"), None)


def patch_gateways():
    backend = gateways.TransitGatewayBackend
    described, deleted = backend.describe_transit_gateways, backend.delete_transit_gateway

    def describe_transit_gateways(self, filters, transit_gateway_ids):
        others = [gateway_of(self.account_id, i) for i in transit_gateway_ids or [] if i not in self.transit_gateways and any(g.id == i for g in all_gateways())]
        return described(self, filters, transit_gateway_ids) + others

    def delete_transit_gateway(self, transit_gateway_id):
        left = [a.id for a in all_attachments().values() if a.transit_gateway_id == transit_gateway_id and a.state != "deleted"]
        if left:
            raise EC2ClientError("IncorrectState", f"{transit_gateway_id} has non-deleted VPC Attachments: {', '.join(left)}.")
        return deleted(self, transit_gateway_id)

    backend.describe_transit_gateways, backend.delete_transit_gateway = describe_transit_gateways, delete_transit_gateway


def join_tables(attachment):
    """An attachment is in the default tables of its gateway, where that has it so."""
    gateway = next(g for g in all_gateways() if g.id == attachment.transit_gateway_id)
    owner, table = gateway.ec2_backend, gateway.default_route_table.id
    if gateway.options["DefaultRouteTableAssociation"] == "enable":
        owner.associate_transit_gateway_route_table(attachment.id, table)
    if gateway.options["DefaultRouteTablePropagation"] == "enable":
        owner.enable_transit_gateway_route_table_propagation(attachment.id, table)


def patch_attachments():
    backend, response = attachments.TransitGatewayAttachmentBackend, responses.TransitGatewayAttachment
    described = backend.describe_transit_gateway_vpc_attachments

    def create_transit_gateway_vpc_attachment(self):
        own, asked = self.ec2_backend, self._get_param
        gateway = gateway_of(self.current_account, asked("TransitGatewayId"))
        if attached(gateway.id, asked("VpcId")):
            raise DuplicateTransitGatewayAttachmentError(gateway.id)
        tags = self._parse_tag_specification().get("transit-gateway-attachment", {})
        made = attachments.TransitGatewayVpcAttachment(own, gateway, asked("VpcId"), asked("SubnetIds", []), tags, asked("Options", {}))
        own.transit_gateway_attachments[made.id] = gateway.ec2_backend.transit_gateway_attachments[made.id] = made
        if gateway.ec2_backend is not own and gateway.options["AutoAcceptSharedAttachments"] != "enable":
            made.state = "pendingAcceptance"
        else:
            join_tables(made)
        return ActionResult({"TransitGatewayVpcAttachment": made})

    def describe_transit_gateway_vpc_attachments(self, *args, **kwargs):
        # Each account has tags of its own.
        found = [copy.copy(a) for a in described(self, *args, **kwargs)]
        for one in found:
            one.ec2_backend = self
        return found

    def known(self):
        i = self._get_param("TransitGatewayAttachmentId")
        found = self.ec2_backend.transit_gateway_attachments.get(i)
        if found is None or found.state == "deleted":
            raise EC2ClientError("InvalidTransitGatewayAttachmentID.NotFound", f"Transit Gateway Attachment {i} was deleted or does not exist.")
        return found

    def accept_transit_gateway_vpc_attachment(self):
        attachment = known(self)
        if attachment.transit_gateway_id not in self.ec2_backend.transit_gateways or attachment.state != "pendingAcceptance":
            raise EC2ClientError("IncorrectState", f"{attachment.id} is in invalid state {attachment.state}, or its gateway is another account's")
        attachment.state = "available"
        join_tables(attachment)
        return ActionResult({"TransitGatewayVpcAttachment": attachment})

    def delete_transit_gateway_vpc_attachment(self):
        attachment = known(self)
        attachment.state = "deleted"
        for owner in moto_lattice.regions(ec2_backends):
            owner.transit_gateway_associations.pop(attachment.id, None)
            owner.transit_gateway_propagations.pop(attachment.id, None)
            for table in owner.transit_gateways_route_tables.values():
                table.route_table_associations.pop(attachment.id, None)
                table.route_table_propagation = [p for p in table.route_table_propagation if p.transitGatewayAttachmentId != attachment.id]
        return ActionResult({"TransitGatewayVpcAttachment": attachment})

    backend.describe_transit_gateway_vpc_attachments = describe_transit_gateway_vpc_attachments
    response.create_transit_gateway_vpc_attachment = create_transit_gateway_vpc_attachment
    response.accept_transit_gateway_vpc_attachment = accept_transit_gateway_vpc_attachment
    response.delete_transit_gateway_vpc_attachment = delete_transit_gateway_vpc_attachment


def patch_routes():
    created = route_tables.RouteBackend.create_route

    def create_route(self, route_table_id, *args, **kwargs):
        i = kwargs.get("transit_gateway_id")
        if i:
            attachment = attached(i, self.get_route_table(route_table_id).vpc_id)
            if attachment is None or attachment.state != "available":
                raise InvalidTransitGatewayID(i)
        made = created(self, route_table_id, *args, **kwargs)
        if i:
            made.transit_gateway = gateway_of(self.account_id, i)
        return made

    route_tables.RouteBackend.create_route = create_route


def patch_groups():
    """A rule may name a group of another account's network where gateway and both attachments allow it. The launcher's patch knows peerings."""
    over_a_peering = security_groups.SecurityGroupBackend._add_source_group
    allowed = "SecurityGroupReferencingSupport"

    def joined(vpc, account):
        for gateway in all_gateways():
            there = [a for a in all_attachments().values() if a.transit_gateway_id == gateway.id and a.state == "available" and a.options[allowed] == "enable"]
            if gateway.options.get(allowed) == "enable" and any(a.resource_id == vpc for a in there) and any(a.resource_owner_id == account for a in there):
                return True
        return False

    def _add_source_group(self, source_groups, vpc_id):
        theirs = []
        for group in source_groups or []:
            if group.get("UserId", self.account_id) != self.account_id:
                known = ec2_backends[group["UserId"]][self.region_name].get_security_group_from_id(group["GroupId"])
                if known and joined(known.vpc_id, self.account_id):
                    theirs.append(group)
        return over_a_peering(self, [g for g in source_groups or [] if g not in theirs], vpc_id) + theirs

    security_groups.SecurityGroupBackend._add_source_group = _add_source_group


def patch():
    patch_gateways()
    patch_attachments()
    patch_routes()
    patch_groups()
