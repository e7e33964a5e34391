use super::*;

const OTHER: &str = "arn:aws:iam::333333333333:role/Discover";

fn discovery_in(event: &serde_json::Value, variables: &[(&str, &str)]) -> Result<Discovery, Error> {
    match read(&RawEvent::new(event.to_string()), &variables.iter().copied().collect()).action {
        Action::Discover(discovery) => discovery,
        other => panic!("{other:?}"),
    }
}

fn discovery(event: &serde_json::Value) -> Discovery {
    discovery_in(event, &[]).unwrap_or_else(|error| panic!("{event}: {error}"))
}

#[track_caller]
fn no_discovery(event: &serde_json::Value, variables: &[(&str, &str)], message: &str) {
    let error = discovery_in(event, variables).expect_err(&event.to_string());
    assert_eq!((error.error_type, error.message.as_str()), (ErrorType::InvalidRequest, message));
}

#[test]
fn roles_are_asked_in_their_regions_each_once() {
    let asked = discovery(&json!({"action": "discover", "metrics": true, "roles": [
        {"roleArn": ROLE, "externalId": "one", "region": "eu-west-1"},
        {"roleArn": OTHER},
        {"roleArn": OTHER, "region": null},
    ]}));
    let role = |arn: &str, id: Option<&str>| Some(Role { arn: arn.into(), external_id: id.map(Into::into) });
    assert_eq!(
        asked.places,
        [
            Place { role: role(ROLE, Some("one")), region: Some("eu-west-1".into()) },
            Place { role: role(OTHER, None), region: None },
        ]
    );
    assert!(asked.metrics);
}

#[test]
fn without_roles_it_is_the_event_s_the_operator_s_or_none() {
    let event = json!({"action": "discover", "crossAccountRoleArn": ROLE, "externalId": "one"});
    assert_eq!(discovery(&event).places[0].role.as_ref().unwrap().external_id.as_deref(), Some("one"));
    let asked = discovery_in(&json!({"action": "discover"}), &[("ACCOUNT_B_ID", "222222222222")]).unwrap();
    assert!(asked.places[0].role.as_ref().unwrap().arn.ends_with(":role/CrossAccountRDSAccessRole"));
    assert_eq!(discovery(&json!({"action": "discover"})).places, [Place { role: None, region: None }]);
}

#[test]
fn the_usual_event_is_enough() {
    let usual = include_str!("../../../examples/events/usual.json");
    let mut event: serde_json::Value = serde_json::from_str(usual).unwrap();
    event["action"] = json!("discover");
    assert_eq!(discovery(&event).places[0].role.as_ref().unwrap().arn, ROLE);
}

#[test]
fn patterns_choose_identifiers_and_engines() {
    let asked = discovery(&json!({"action": "discover", "identifier": "Shop-*", "engine": "*postgres*"}));
    assert!(asked.wants("shop-main", Some("aurora-postgresql")));
    assert!(!asked.wants("crm", Some("postgres")));
    assert!(!asked.wants("shop-main", Some("mysql")));
    assert!(discovery(&json!({"action": "discover"})).wants("anything", None));
}

#[test]
fn mistakes_are_named_with_their_place() {
    no_discovery(
        &json!({"action": "discover", "identifer": "a", "metrics": "yes"}),
        &[],
        "\"identifer\" is not a field of an event; did you mean `identifier`? \
         `metrics` must be true or false, not a string.",
    );
    no_discovery(
        &json!({"action": "discover", "roles": [{"roleArm": ROLE}, {"roleArn": ROLE, "region": "Frankfurt"}, 3]}),
        &[],
        "\"roleArm\" is not a field of `roles[0]`; did you mean `roleArn`? `roles[0].roleArn` is missing. \
         `roles[1].region` must be a region like eu-central-1. \
         `roles[2]` must be an object, not a number.",
    );
    no_discovery(
        &json!({"action": "discover", "crossAccountRoleArn": ROLE, "roles": [{"roleArn": OTHER}]}),
        &[],
        "`roles` and `crossAccountRoleArn` exclude each other: give one of them.",
    );
    no_discovery(
        &json!({"action": "discover", "roles": vec![json!({"roleArn": ROLE}); 101]}),
        &[],
        "`roles` names 101 roles, but may name 100 at most.",
    );
}

#[test]
fn the_operator_s_limits_hold_for_every_role() {
    let event = json!({"action": "discover", "roles": [{"roleArn": ROLE}, {"roleArn": OTHER}]});
    no_discovery(
        &event,
        &[("ALLOWED_ROLE_ARNS", "arn:aws:iam::222222222222:role/*")],
        &format!("`roles` \"{OTHER}\" is not allowed here: see ALLOWED_ROLE_ARNS."),
    );
    assert!(discovery_in(&event, &[("ALLOWED_ROLE_ARNS", "arn:aws:iam::*:role/*")]).is_ok());
}

#[test]
fn an_extraction_knows_none_of_it() {
    refused(
        &json!({"roles": [], "identifier": "a"}),
        "`roles` is for action discover only. `identifier` is for action discover only.",
    );
}
