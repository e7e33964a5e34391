//! Provokes every finding at the APIs. Each is published once when it appears and once when it ends.

use std::collections::BTreeMap;

use devstack::{HttpFault, Rule};
use extractor_overview::Kind;
use serde_json::{Value, json};

use super::accounts::Accounts;
use crate::fixture::BUCKET;

/// Returns how often each kind has this name in what was published.
fn told(accounts: &Accounts, name: &str) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for message in accounts.messages() {
        for finding in message[name].as_array().expect("findings") {
            *kinds.entry(finding["kind"].as_str().expect("a kind").to_owned()).or_default() += 1;
        }
    }
    kinds
}

/// Creates a database for each finding that a database can have.
async fn troubled(accounts: &Accounts) -> Vec<&'static str> {
    let odd: [(&str, &[(&str, &str)]); 6] = [
        ("public", &[("PubliclyAccessible", "true")]),
        ("backups", &[("BackupRetentionPeriod", "0")]),
        ("plain", &[("StorageEncrypted", "false")]),
        ("old", &[("EngineVersion", "13.11")]),
        ("certified", &[("CACertificateIdentifier", "rds-ca-2019")]),
        ("stopped", &[]),
    ];
    for (name, fields) in odd {
        accounts.instance(0, name, fields).await;
    }
    accounts
        .rds(0)
        .query("rds", "StopDBInstance", &[("DBInstanceIdentifier", "stopped")])
        .await
        .expect("a stop");
    let falling: Vec<f64> = (0..48).map(|step| (60.0 - f64::from(step) * 0.2) * 1_073_741_824.0).collect();
    let figures: [(&str, &str, &[f64]); 4] = [
        ("filling", "FreeStorageSpace", &falling),
        ("full", "FreeStorageSpace", &[4e9; 48]),
        ("wrapping", "MaximumUsedTransactionIDs", &[1.5e9; 48]),
        ("busy", "CPUUtilization", &[97.0; 48]),
    ];
    for (name, metric, values) in figures {
        accounts.instance(0, name, &[]).await;
        accounts.figures(0, name, metric, values).await;
    }
    accounts.instance(0, "due", &[]).await;
    accounts.instance(0, "source", &[]).await;
    let replica = [("DBInstanceIdentifier", "behind"), ("SourceDBInstanceIdentifier", "source")];
    accounts.rds(0).query("rds", "CreateDBInstanceReadReplica", &replica).await.expect("a replica");
    accounts.figures(0, "behind", "ReplicaLag", &[900.0; 6]).await;
    let names = odd.iter().map(|odd| odd.0).chain(figures.iter().map(|figures| figures.0));
    names.chain(["due", "behind"]).collect()
}

#[tokio::test]
async fn each_is_published_once_when_it_comes_and_once_when_it_goes() {
    let accounts = Accounts::start(2).await;
    let names = troubled(&accounts).await;
    let a = accounts.fixture.stack.account_a();
    for key in ["exports/ones/a.csv", "lake/orders/_watermark.json", "lake/orders/0000000001_5.csv"] {
        a.put_object_with(BUCKET, key, b"1", &[("extraction-id", "1")]).await.expect("an object");
    }
    accounts.runs("orders-export", "QueryTimeout", 2, 3.0).await;
    accounts.proxy.clear();
    accounts.pend(Some("due"));
    let denied = HttpFault::error(403, "AccessDenied");
    accounts.proxy.rule(Rule::every("sts", "AssumeRole", denied).with_body("333333333333"));
    // The objects have the dates of another century.
    let old = HttpFault::Replace("<LastModified>20", "<LastModified>19");
    accounts.proxy.rule(Rule::every("s3", "ListObjectsV2", old));
    let function = accounts.function().await;
    let mut event = accounts.event();
    event["exports"] = json!([{"prefix": "exports/ones/", "everyHours": 24}, {"prefix": "lake/"}]);

    accounts.overview(&function, &event).await;
    let every: BTreeMap<String, usize> = Kind::ALL.iter().map(|kind| (kind.name().to_owned(), 1)).collect();
    assert_eq!(told(&accounts, "appeared"), every);
    let body = accounts.overview(&function, &event).await;
    assert_eq!((&body["published"], &body["ended"]), (&json!(0), &json!(0)), "{body:#}");

    for name in names {
        let fields = [("DBInstanceIdentifier", name), ("SkipFinalSnapshot", "true")];
        accounts.rds(0).query("rds", "DeleteDBInstance", &fields).await.expect("a deletion");
    }
    accounts.proxy.clear();
    accounts.pend(None);
    // CloudWatch does not forget metrics.
    let gone = HttpFault::Replace("QueryTimeout", "Success");
    accounts.proxy.rule(Rule::every("monitoring", "ListMetrics", gone));
    let body = accounts.overview(&function, &event).await;
    assert_eq!(body["findings"], json!([]), "{body:#}");
    assert_eq!(told(&accounts, "ended"), every);
    let body: Value = accounts.overview(&function, &event).await;
    assert_eq!((&body["published"], &body["ended"]), (&json!(0), &json!(0)), "{body:#}");
}
