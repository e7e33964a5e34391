use super::*;

fn id(event: &serde_json::Value, delivery: &str) -> Option<String> {
    let extraction = checked(event, &[]);
    extraction.delivery_id(object(&extraction), delivery)
}

#[test]
fn a_delivery_is_known_by_its_id_and_its_job() {
    let event = json!({"fileName": "orders.csv", "query": "SELECT $1", "params": [1]});
    let first = id(&event, "r-1").expect("a name without time");
    assert_eq!(first.len(), 32);
    assert_eq!(id(&event, "r-1").as_ref(), Some(&first));
    assert_ne!(id(&event, "r-1/0").as_ref(), Some(&first));
    for (field, other) in [
        ("query", json!("SELECT $1 ")),
        ("params", json!([2])),
        ("params", json!(["1"])),
        ("fileName", json!("orders_{date}.csv")),
        ("keyPrefix", json!("exports")),
        ("bucket", json!("another-bucket")),
        ("dbConfigParam", json!("/another/db")),
        ("crossAccountRoleArn", json!(ROLE)),
        ("csv", json!({"dialect": "postgres"})),
        ("compression", json!("gzip")),
        ("ifExists", json!("fail")),
        ("onEmpty", json!("skip")),
    ] {
        let mut event = event.clone();
        event[field] = other;
        assert_ne!(id(&event, "r-1").as_ref(), Some(&first), "{event}");
    }
}

#[test]
fn a_name_with_the_time_has_no_earlier_attempt() {
    assert_eq!(id(&json!({}), "r-1"), None);
    assert_eq!(id(&json!({"fileName": "orders_{date}_{time}.csv"}), "r-1"), None);
    assert!(id(&json!({"fileName": "{requestId}.csv"}), "r-1").is_some());
}
