"""Network Load Balancers, endpoint services that another account uses, and private zones, as moto does not have them. A model from AWS's
documentation: an endpoint is pending until the service's owner accepts it, only allowed accounts see the service, and what is in use
cannot be deleted.
"""

import moto.ec2.models.vpcs as vpcs
import moto.ec2.responses.vpc_service_configuration as services
import moto.ec2.responses.vpcs as vpc_responses
import moto.elbv2.models as balancers
import moto.elbv2.responses as balancer_responses
import moto.route53.responses as zones
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidServiceName
from moto.ec2.models import ec2_backends


def regions():
    return [region for account in list(ec2_backends.values()) for region in list(account.values())]


def service_named(name):
    return next((c for backend in regions() for c in backend.configurations.values() if c.service_name == name), None)


def admits(service, account):
    return service.ec2_backend.account_id == account or any(p == "*" or p.split(":")[4] == account for p in service.principals)


def endpoints_of(service):
    return [(e, b.account_id) for b in regions() for e in b.vpc_end_points.values() if e.service_name == service.service_name and e.state not in ("deleted", "rejected")]


def patch_load_balancers():
    """The security groups of a network load balancer hold for PrivateLink too, unless that is turned off."""
    setting = "enforce_security_group_inbound_rules_on_private_link_traffic"
    made, set_groups = balancers.FakeLoadBalancer.__init__, balancer_responses.ELBV2Response.set_security_groups

    def init(self, *args, **kwargs):
        made(self, *args, **kwargs)
        setattr(self, setting, "on" if self.type == "network" and self.security_groups else None)

    def set_security_groups(self):
        answer, wanted = set_groups(self), self._get_param("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
        if wanted:
            setattr(self.elbv2_backend.load_balancers[self._get_param("LoadBalancerArn")], setting, wanted)
        return answer

    balancers.FakeLoadBalancer.__init__, balancer_responses.ELBV2Response.set_security_groups = init, set_security_groups

    deregister = balancers.FakeTargetGroup.deregister

    def deregister_known(self, targets):
        return deregister(self, [t for t in targets if t["Id"] in self.targets])

    balancers.FakeTargetGroup.deregister = deregister_known


def patch_endpoint_services():
    described, response, end = vpcs.VPCBackend.describe_vpc_endpoint_services, services.VPCEndpointServiceConfiguration, vpc_responses.VPCs
    create, delete = end.create_vpc_endpoint, response.delete_vpc_endpoint_service_configurations

    def describe_vpc_endpoint_services(self, service_names, *args, **kwargs):
        others = [s for s in map(service_named, service_names or []) if s and s.ec2_backend is not self and admits(s, self.account_id)]
        known = [n for n in service_names or [] if n not in [s.service_name for s in others]]
        answer = described(self, known, *args, **kwargs) if known or not others else {"servicesDetails": [], "nextToken": None}
        details = answer["servicesDetails"] + [s.to_dict() for s in others]
        return {**answer, "servicesDetails": details, "serviceNames": [d["ServiceName"] for d in details]}

    def create_vpc_endpoint(self):
        name = self._get_param("ServiceName")
        service = service_named(name)
        if ".vpce-svc-" in (name or "") and not (service and admits(service, self.current_account)):
            raise InvalidServiceName(name)
        own = ec2_backends[self.current_account][self.region].vpc_end_points
        before = set(own)
        answer = create(self)
        for made in set(own) - before if service else ():
            own[made].state = "pendingAcceptance" if service.acceptance_required else "available"
        return answer

    def set_state(state):
        def action(self):
            for service in self.ec2_backend.configurations.values():
                for endpoint, _ in endpoints_of(service):
                    if endpoint.id in self._get_param("VpcEndpointIds", []):
                        endpoint.state = state
            return ActionResult({"Unsuccessful": []})

        return action

    def describe_vpc_endpoint_connections(self):
        wanted = next((f["Values"] for f in self._get_param("Filters", []) if f["Name"] == "service-id"), None)
        return ActionResult({"VpcEndpointConnections": [
            {"ServiceId": service.id, "VpcEndpointId": endpoint.id, "VpcEndpointOwner": owner, "VpcEndpointState": endpoint.state}
            for service in self.ec2_backend.configurations.values() if not wanted or service.id in wanted for endpoint, owner in endpoints_of(service)]})

    def delete_vpc_endpoint_service_configurations(self):
        for service in map(self.ec2_backend.configurations.get, self._get_param("ServiceIds", [])):
            if service and endpoints_of(service):
                raise EC2ClientError("ExistingVpcEndpointConnections", f"{service.id} has active VPC endpoint connections")
        return delete(self)

    vpcs.VPCBackend.describe_vpc_endpoint_services, end.create_vpc_endpoint = describe_vpc_endpoint_services, create_vpc_endpoint
    response.accept_vpc_endpoint_connections, response.reject_vpc_endpoint_connections = set_state("available"), set_state("rejected")
    response.describe_vpc_endpoint_connections = describe_vpc_endpoint_connections
    response.delete_vpc_endpoint_service_configurations = delete_vpc_endpoint_service_configurations


def patch_private_zones():
    """A zone that is created with a VPC is a private one."""
    create = zones.Route53.create_hosted_zone

    def create_hosted_zone(self):
        given = self._get_bool_param
        self._get_bool_param = lambda name, if_none=None: name == "HostedZoneConfig.PrivateZone" and bool(self._get_param("VPC.VPCId")) or given(name, if_none)
        return create(self)

    zones.Route53.create_hosted_zone = create_hosted_zone


def patch():
    patch_load_balancers()
    patch_endpoint_services()
    patch_private_zones()
