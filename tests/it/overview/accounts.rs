//! Accounts with databases, their metrics, and a function that queries them.

use std::time::{SystemTime, UNIX_EPOCH};

use devstack::{ACCOUNT_A, Aws, Function, HttpFault, HttpProxy, Rule, RuntimeApi};
use serde_json::{Value, json};

use crate::fixture::{BUCKET, Fixture, PATIENCE, response};

pub const FOLDER: &str = "overview";
const ACCOUNTS: [&str; 10] = [
    "222222222222",
    "333333333333",
    "444444444444",
    "555555555555",
    "666666666666",
    "777777777777",
    "888888888888",
    "999999999999",
    "121212121212",
    "131313131313",
];
pub const HALF_HOUR: u64 = 1_800;

/// The accounts, behind a proxy that records what the function calls.
pub struct Accounts {
    pub fixture: Fixture,
    pub proxy: HttpProxy,
    pub topic: String,
    /// A role in each account.
    pub roles: Vec<String>,
}

impl Accounts {
    /// The number of accounts without databases.
    pub async fn start(accounts: usize) -> Self {
        let fixture = Fixture::with_rds().await;
        let stack = &fixture.stack;
        let mut roles = Vec::new();
        for account in &ACCOUNTS[..accounts] {
            let role = stack.localstack.account(account).create_role("Overview").await.expect("a role");
            roles.push(role);
        }
        let topic = stack.moto.as_ref().expect("SNS").account(ACCOUNT_A).create_topic("overview").await;
        let proxy = stack.aws_proxy().await.expect("a proxy");
        let accounts = Self { fixture, proxy, topic: topic.expect("a topic"), roles };
        accounts.pend(None);
        accounts
    }

    /// Returns a client of the RDS API for the account.
    pub fn rds(&self, account: usize) -> Aws {
        self.fixture.stack.moto.as_ref().expect("the RDS API").account(ACCOUNTS[account])
    }

    /// Sets the maintenance of an instance that is due in four days, or none, since moto does not support the
    /// call.
    pub fn pend(&self, instance: Option<&str>) {
        let due = chrono::Utc::now() + chrono::Duration::days(4);
        let of = instance.map_or_else(String::new, |instance| {
            format!(
                "<ResourcePendingMaintenanceActions><ResourceIdentifier>arn:aws:rds:eu-central-1:222222222222:db:{instance}\
                 </ResourceIdentifier><PendingMaintenanceActionDetails><PendingMaintenanceAction><Action>system-update\
                 </Action><CurrentApplyDate>{}</CurrentApplyDate></PendingMaintenanceAction>\
                 </PendingMaintenanceActionDetails></ResourcePendingMaintenanceActions>",
                due.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
            )
        });
        let xml = format!(
            "<DescribePendingMaintenanceActionsResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
             <DescribePendingMaintenanceActionsResult><PendingMaintenanceActions>{of}</PendingMaintenanceActions>\
             </DescribePendingMaintenanceActionsResult></DescribePendingMaintenanceActionsResponse>"
        );
        self.proxy.rule(Rule::every("rds", "DescribePendingMaintenanceActions", HttpFault::Answer(xml)));
    }

    pub fn variables(&self) -> Vec<(String, String)> {
        let mut variables = self.fixture.stack.function_env_through(&self.proxy);
        variables.push(("S3_BUCKET_NAME".to_owned(), BUCKET.to_owned()));
        variables.push(("OVERVIEW_TOPIC_ARN".to_owned(), self.topic.clone()));
        variables
    }

    pub async fn function(&self) -> RuntimeApi {
        let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor")).env(self.variables());
        RuntimeApi::start(function).await.expect("a Runtime API")
    }

    /// Returns the event that queries all accounts.
    pub fn event(&self) -> Value {
        let roles: Vec<Value> = self.roles.iter().map(|role| json!({"roleArn": role})).collect();
        json!({"action": "overview", "roles": roles, "keyPrefix": FOLDER})
    }

    /// Creates an overview, which must succeed.
    pub async fn overview(&self, function: &RuntimeApi, event: &Value) -> Value {
        let invocation = function.invoke(event.clone(), PATIENCE).await.expect("an answer");
        let answer = response(&invocation).clone();
        assert_eq!(answer["statusCode"], 200, "{answer:#}");
        answer["body"].clone()
    }

    pub async fn read(&self, name: &str) -> String {
        let bytes = self.fixture.stack.account_a().get_object(BUCKET, &format!("{FOLDER}/{name}")).await;
        String::from_utf8(bytes.expect("an object").to_vec()).expect("UTF-8")
    }

    /// Replaces what an overview wrote by another text.
    pub async fn replace(&self, name: &str, text: &str) {
        let key = format!("{FOLDER}/{name}");
        let account = self.fixture.stack.account_a();
        account
            .put_object_with(BUCKET, &key, text.as_bytes(), &[("overview", "1")])
            .await
            .expect("an object");
    }

    pub async fn state(&self) -> Value {
        serde_json::from_str(&self.read("overview.json").await).expect("JSON")
    }

    /// Returns the subjects of the messages that were published.
    pub fn published(&self) -> Vec<String> {
        self.fields_of_publish("Subject")
    }

    /// Returns the messages for programs that were published.
    pub fn messages(&self) -> Vec<Value> {
        let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let of = |message: String| parse(parse(&message)["sqs"].as_str().expect("a message for SQS"));
        self.fields_of_publish("Message").into_iter().map(of).collect()
    }

    fn fields_of_publish(&self, name: &str) -> Vec<String> {
        let field = |body: &[u8]| {
            let form = String::from_utf8_lossy(body).into_owned();
            let value = form.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).map(decode);
            value.unwrap_or_default()
        };
        self.proxy.calls_of("sns", "Publish").iter().map(|call| field(&call.body)).collect()
    }

    /// Creates an instance with these fields in addition to the usual ones, and with metrics of a quiet day.
    pub async fn instance(&self, account: usize, name: &str, fields: &[(&str, &str)]) {
        let usual = [
            ("DBInstanceIdentifier", name),
            ("Engine", "postgres"),
            ("EngineVersion", "16.3"),
            ("DBInstanceClass", "db.t4g.medium"),
            ("AllocatedStorage", "100"),
            ("MasterUsername", "postgres"),
            ("MasterUserPassword", "unused-here"),
            ("StorageEncrypted", "true"),
            ("BackupRetentionPeriod", "7"),
            ("PubliclyAccessible", "false"),
        ];
        let kept = usual.into_iter().filter(|(name, _)| !fields.iter().any(|(field, _)| field == name));
        let all: Vec<(&str, &str)> = kept.chain(fields.iter().copied()).collect();
        self.rds(account).query("rds", "CreateDBInstance", &all).await.expect("an instance");
    }

    /// Writes metrics of the last hours of an instance, one value every half hour.
    pub async fn figures(&self, account: usize, name: &str, metric: &str, values: &[f64]) {
        let now = now();
        let steps = values.len() as u64;
        let figures: Vec<(u64, f64)> = values
            .iter()
            .zip(0..)
            .map(|(value, step)| (now - (steps - 1 - step) * HALF_HOUR, *value))
            .collect();
        let dimension = [("DBInstanceIdentifier", name)];
        self.rds(account).put_series("AWS/RDS", metric, &dimension, &figures).await.expect("figures");
    }

    /// Writes runs of a function of account A.
    pub async fn runs(&self, function: &str, outcome: &str, hours_ago: u64, count: f64) {
        let at = [(now() - hours_ago * 3_600, count)];
        let a = self.fixture.stack.moto.as_ref().expect("CloudWatch").account(ACCOUNT_A);
        let name = ("FunctionName", function);
        a.put_series("RdsDataExtractor", "Runs", &[name, ("outcome", outcome)], &at).await.expect("runs");
        for (metric, value) in [("Rows", 1_000.0), ("Bytes", 64_000.0), ("Duration", 4_200.0)] {
            let at = [(now() - hours_ago * 3_600, value * count)];
            a.put_series("RdsDataExtractor", metric, &[name], &at).await.expect("figures");
        }
    }
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs()
}

/// Returns the kinds of the findings in an answer.
pub fn kinds(body: &Value) -> Vec<&str> {
    let findings = body["findings"].as_array().expect("findings");
    findings.iter().filter_map(|finding| finding["kind"].as_str()).collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&hex, 16).expect("hexadecimal digits"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
