"""VPC Lattice's resource gateways and configurations, the sharing of them by Resource Access Manager, and endpoints of type Resource, for
moto, which has none of it. A model from AWS's documentation: what is not shared and accepted is not found in the other account,
what is in use cannot be deleted.
"""

import json
import uuid
from types import SimpleNamespace

import moto.ec2.models.vpcs as vpcs
import moto.ec2.responses.vpcs as vpc_responses
import moto.ram.models as ram
import moto.ram.responses as ram_responses
import moto.ram.urls as ram_urls
import moto.vpclattice.models as lattice_models
import moto.vpclattice.responses as lattice
import moto.vpclattice.urls as lattice_urls
from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidParameterValueError
from moto.ec2.models import ec2_backends
from moto.ram.exceptions import UnknownResourceException
from moto.vpclattice.exceptions import ResourceNotFoundException, ValidationException

GATEWAYS, CONFIGURATIONS, INVITATIONS = {}, {}, {}


def regions(backends):
    return [region for account in list(backends.values()) for region in list(account.values())]


def shares():
    return [share for backend in regions(ram.ram_backends) for share in backend.resource_shares if share.status == "ACTIVE"]


def endpoints_of(configuration):
    return [e for b in regions(ec2_backends) for e in b.vpc_end_points.values() if getattr(e, "resource_configuration_arn", None) == configuration["arn"] and e.state != "deleted"]


def patch_resource_endpoints():
    response, backend = vpc_responses.VPCs, vpcs.VPCBackend
    create, delete = response.create_vpc_endpoint, backend.delete_vpc_endpoints

    def create_vpc_endpoint(self):
        arn = self._get_param("ResourceConfigurationArn")
        if arn:
            accepted = {i["resourceShareArn"] for i in INVITATIONS.values() if i["receiverAccountId"] == self.current_account and i["status"] == "ACCEPTED"}
            if not any(arn in share.resource_arns and share.arn in accepted for share in shares()):
                raise InvalidParameterValueError(f"The resource configuration {arn} does not exist or is not shared with this account")
        endpoint = ec2_backends[self.current_account][self.region]
        before = set(endpoint.vpc_end_points)
        answer = create(self)
        for made in set(endpoint.vpc_end_points) - before if arn else ():
            end = endpoint.vpc_end_points[made]
            end.resource_configuration_arn = arn
            end.network_interface_ids = [endpoint.create_network_interface(s, None).id for s in end.subnet_ids or []]
            end.ip_address_type = "ipv4"
            # Only what is shared by ARN has private names.
            end.private_dns_enabled = CONFIGURATIONS[arn.split("/")[-1]]["type"] == "ARN"
        return answer

    def describe_vpc_endpoint_associations(self):
        found = []
        for i in self._get_param("VpcEndpointIds", []):
            arn = getattr(self.ec2_backend.vpc_end_points[i], "resource_configuration_arn", None)
            if arn:
                name = f"{i}-{arn.split('/')[-1]}.4232ccc.vpc-lattice-rsc.{self.region}.on.aws"
                found.append({"Id": f"vpce-rsc-asc-{i[5:]}", "VpcEndpointId": i, "AssociatedResourceAccessibility": "Accessible",
                              "AssociatedResourceArn": arn, "DnsEntry": {"DnsName": name, "HostedZoneId": "Z1"}})
        return ActionResult({"VpcEndpointAssociations": found})

    def delete_vpc_endpoints(self, vpce_ids=None):
        others = []
        for i in vpce_ids or []:
            if getattr(self.vpc_end_points.get(i), "resource_configuration_arn", None):
                for interface in self.vpc_end_points[i].network_interface_ids:
                    self.enis.pop(interface, None)
                self.vpc_end_points[i].state = "deleted"
            else:
                others.append(i)
        return delete(self, others) if others else None

    response.create_vpc_endpoint, response.describe_vpc_endpoint_associations = create_vpc_endpoint, describe_vpc_endpoint_associations
    backend.delete_vpc_endpoints = delete_vpc_endpoints


def patch_lattice():
    response = lattice.VPCLatticeResponse
    logged = lattice_models.VPCLatticeBackend.create_access_log_subscription

    def create_access_log_subscription(self, resourceIdentifier, *args, **kwargs):
        """Looks a resource configuration up as moto looks up a service network, which it takes ARN and id from."""
        i = resourceIdentifier.split("/")[-1]
        if not i.startswith("rcfg-"):
            return logged(self, resourceIdentifier, *args, **kwargs)
        self.service_networks[f"sn-{i}"] = SimpleNamespace(id=i, arn=CONFIGURATIONS[i]["arn"])
        try:
            return logged(self, resourceIdentifier=f"sn-{i}", **kwargs)
        finally:
            del self.service_networks[f"sn-{i}"]

    lattice_models.VPCLatticeBackend.create_access_log_subscription = create_access_log_subscription
    for path in ("resourcegateways", "resourceconfigurations"):
        lattice_urls.url_paths[f"{{0}}/{path}$"] = lattice_urls.url_paths[f"{{0}}/{path}/(?P<id>.+)$"] = response.dispatch

    def of(self, table):
        i = self.path.split("/")[-1]
        if i not in table:
            raise ResourceNotFoundException(i)
        return table[i]

    def made(self, table, prefix, kind, **properties):
        i = f"{prefix}-{uuid.uuid4().hex[:17]}"
        arn = f"arn:aws:vpc-lattice:{self.region}:{self.current_account}:{kind}/{i}"
        asked = json.loads(self.body)
        table[i] = {"id": i, "arn": arn, "name": asked["name"], "status": "ACTIVE", **properties}
        self.backend.tag_resource(arn, asked.get("tags") or {})
        return json.dumps(table[i])

    def create_resource_gateway(self):
        asked = json.loads(self.body)
        return made(self, GATEWAYS, "rgw", "resourcegateway", vpcIdentifier=asked["vpcIdentifier"], vpcId=asked["vpcIdentifier"], subnetIds=asked["subnetIds"],
                    securityGroupIds=asked.get("securityGroupIds", []), ipAddressType=asked.get("ipAddressType", "IPV4"), ipv4AddressesPerEni=16)

    def update_resource_gateway(self):
        of(self, GATEWAYS)["securityGroupIds"] = json.loads(self.body).get("securityGroupIds", [])
        return json.dumps(of(self, GATEWAYS))

    def delete_resource_gateway(self):
        gateway = of(self, GATEWAYS)
        if any(c["resourceGatewayId"] == gateway["id"] for c in CONFIGURATIONS.values()):
            raise ValidationException(f"{gateway['id']} has resource configurations")
        del GATEWAYS[gateway["id"]]
        return json.dumps({**gateway, "status": "DELETE_IN_PROGRESS"})

    def create_resource_configuration(self):
        asked = json.loads(self.body)
        by_arn = "arnResource" in asked["resourceConfigurationDefinition"]
        if by_arn != (asked["type"] == "ARN") or by_arn and (asked.get("portRanges") or asked.get("protocol")):
            raise ValidationException("A configuration of type ARN, and no other, has an ARN, and neither ports nor a protocol")
        return made(self, CONFIGURATIONS, "rcfg", "resourceconfiguration", type=asked["type"], resourceGatewayId=asked.get("resourceGatewayIdentifier"),
                    resourceConfigurationDefinition=asked["resourceConfigurationDefinition"], portRanges=asked.get("portRanges", []),
                    allowAssociationToShareableServiceNetwork=asked.get("allowAssociationToShareableServiceNetwork", False),
                    **({"protocol": asked["protocol"]} if asked.get("protocol") else {}))

    def delete_resource_configuration(self):
        configuration = of(self, CONFIGURATIONS)
        if endpoints_of(configuration):
            raise ValidationException(f"{configuration['id']} has endpoints")
        del CONFIGURATIONS[configuration["id"]]
        return "{}"

    def listed(table):
        return lambda self: json.dumps({"items": [one for one in table.values() if one["arn"].split(":")[4] == self.current_account]})

    response.create_resource_gateway, response.update_resource_gateway, response.delete_resource_gateway = create_resource_gateway, update_resource_gateway, delete_resource_gateway
    response.get_resource_gateway, response.list_resource_gateways = lambda self: json.dumps(of(self, GATEWAYS)), listed(GATEWAYS)
    response.create_resource_configuration, response.delete_resource_configuration = create_resource_configuration, delete_resource_configuration
    response.get_resource_configuration, response.list_resource_configurations = lambda self: json.dumps(of(self, CONFIGURATIONS)), listed(CONFIGURATIONS)


def patch_sharing():
    ram.ResourceShare.SHAREABLE_RESOURCES.append("resourceconfiguration")
    response = ram_responses.ResourceAccessManagerResponse
    made, described = ram.ResourceShare.__init__, ram.ResourceShare.describe

    def init(self, *args, **kwargs):
        made(self, *args, **kwargs)
        self.tags = kwargs.get("tags", [])

    ram.ResourceShare.__init__ = init
    ram.ResourceShare.describe = lambda self: {**described(self), "tags": self.tags}
    for path in ("listresourcesharepermissions", "associateresourceshare", "disassociateresourceshare", "getresourceshareinvitations", "acceptresourceshareinvitation",
                 "listresources"):
        ram_urls.url_paths[f"{{0}}/{path}$"] = response.dispatch

    def named(asked):
        share = next((s for s in shares() if s.arn == asked["resourceShareArn"]), None)
        if share is None:
            raise UnknownResourceException(f"ResourceShare {asked['resourceShareArn']} could not be found.")
        return share

    def associations(share, asked, status):
        return json.dumps({"resourceShareAssociations": [
            {"resourceShareArn": share.arn, "resourceShareName": share.name, "associatedEntity": e, "associationType": kind, "status": status, "external": True}
            for key, kind in (("resourceArns", "RESOURCE"), ("principals", "PRINCIPAL")) for e in asked.get(key, [])]})

    def associate_resource_share(self):
        asked = self.request_params
        share = named(asked)
        share.add_resources(asked.get("resourceArns", []))
        share.add_principals(asked.get("principals", []))
        for principal in asked.get("principals", []):
            i = f"arn:aws:ram:{self.region}:{share.owning_account_id}:resource-share-invitation/{uuid.uuid4()}"
            INVITATIONS[i] = {"resourceShareInvitationArn": i, "resourceShareName": share.name, "resourceShareArn": share.arn, "senderAccountId": share.owning_account_id,
                              "receiverAccountId": principal, "invitationTimestamp": 1, "status": "PENDING"}
        return associations(share, asked, "ASSOCIATED")

    def disassociate_resource_share(self):
        asked = self.request_params
        share = named(asked)
        for entity in asked.get("resourceArns", []) + asked.get("principals", []):
            for kept in (share.resource_arns, share.principals):
                if entity in kept:
                    kept.remove(entity)
        return associations(share, asked, "DISASSOCIATED")

    def get_resource_share_invitations(self):
        shared, invited = self.request_params.get("resourceShareArns"), self.request_params.get("resourceShareInvitationArns")
        return json.dumps({"resourceShareInvitations": [
            i for i in INVITATIONS.values() if i["receiverAccountId"] == self.current_account and (not shared or i["resourceShareArn"] in shared)
            and (not invited or i["resourceShareInvitationArn"] in invited)]})

    def accept_resource_share_invitation(self):
        invitation = INVITATIONS[self.request_params["resourceShareInvitationArn"]]
        invitation["status"] = "ACCEPTED"
        return json.dumps({"resourceShareInvitation": invitation})

    def get_resource_shares(self):
        asked = self.request_params
        mine, arns = asked["resourceOwner"] == "SELF", asked.get("resourceShareArns")
        accepted = {i["resourceShareArn"] for i in INVITATIONS.values() if i["receiverAccountId"] == self.current_account and i["status"] == "ACCEPTED"}
        found = [s for s in shares() if (s.owning_account_id == self.current_account) == mine and (mine or s.arn in accepted) and (not arns or s.arn in arns)]
        return json.dumps({"resourceShares": [s.describe() for s in found]})

    def list_resources(self):
        arns = self.request_params.get("resourceShareArns") or []
        return json.dumps({"resources": [{"arn": r, "type": "vpc-lattice:ResourceConfiguration", "resourceShareArn": s.arn, "status": "AVAILABLE"}
                                         for s in shares() if s.arn in arns for r in s.resource_arns]})

    response.list_resource_share_permissions = lambda self: json.dumps({"permissions": []})
    response.associate_resource_share, response.disassociate_resource_share = associate_resource_share, disassociate_resource_share
    response.get_resource_share_invitations, response.accept_resource_share_invitation = get_resource_share_invitations, accept_resource_share_invitation
    response.get_resource_shares, response.list_resources = get_resource_shares, list_resources


def patch():
    patch_resource_endpoints()
    patch_lattice()
    patch_sharing()
