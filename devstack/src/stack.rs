//! PostgreSQL, LocalStack and moto together, as two AWS accounts.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::aws::{ACCOUNT_A, ACCOUNT_B, Aws, REGION, elements};
use crate::http_proxy::HttpProxy;
use crate::localstack::LocalStack;
use crate::moto::Moto;
use crate::postgres::{Postgres, PostgresOptions};
use crate::tcp_proxy::TcpProxy;

/// The options of a stack.
#[derive(Clone, Debug, Default)]
pub struct StackOptions {
    /// The options of PostgreSQL.
    pub postgres: PostgresOptions,
    /// Whether not to start the RDS API.
    pub without_rds: bool,
}

/// PostgreSQL as account B's database, LocalStack and the RDS API. Dropping it stops everything.
#[derive(Debug)]
pub struct Stack {
    /// The database.
    pub postgres: Postgres,
    /// S3, Parameter Store, STS, Secrets Manager, IAM and KMS.
    pub localstack: Arc<LocalStack>,
    /// The RDS API, unless the stack was started without it.
    pub moto: Option<Moto>,
}

impl Stack {
    /// Starts all parts at once.
    ///
    /// # Errors
    /// Fails if a part does not start. The error says what is missing.
    pub async fn start(options: StackOptions) -> Result<Self> {
        Self::begin(options, async { LocalStack::start().await.map(Arc::new) }).await
    }

    /// Starts a stack with a running LocalStack, which is reset.
    ///
    /// # Errors
    /// Fails if a part does not start. The error says what is missing.
    pub async fn start_on(localstack: Arc<LocalStack>, options: StackOptions) -> Result<Self> {
        Self::begin(options, async { localstack.reset().await.map(|()| localstack) }).await
    }

    async fn begin(
        options: StackOptions,
        localstack: impl Future<Output = Result<Arc<LocalStack>>>,
    ) -> Result<Self> {
        let moto =
            async { if options.without_rds { Ok(None) } else { Moto::start_server().await.map(Some) } };
        let (postgres, localstack, moto) = tokio::join!(Postgres::start(options.postgres), localstack, moto);
        let (postgres, localstack) = (postgres?, localstack?);
        let moto = match moto? {
            Some(server) => {
                let database = (postgres.host(), postgres.port());
                Some(Moto::before(server, &localstack.authority(), database).await?)
            }
            None => None,
        };
        Ok(Self { postgres, localstack, moto })
    }

    /// Returns the environment variables with which the function or any AWS tool uses this stack as account
    /// A.
    pub fn function_env(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", ACCOUNT_A.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            // As Terraform deploys it. The function filters its lines itself.
            ("AWS_LAMBDA_LOG_LEVEL", "TRACE".to_owned()),
        ];
        for service in ["S3", "SSM", "STS", "SECRETS_MANAGER", "IAM", "KMS"] {
            variables.push((endpoint_variable(service), self.localstack.url()));
        }
        if let Some(moto) = &self.moto {
            variables
                .extend(["RDS", "CLOUDWATCH", "SNS"].map(|service| (endpoint_variable(service), moto.url())));
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Starts a fault proxy in front of every AWS endpoint of this stack.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn aws_proxy(&self) -> Result<HttpProxy> {
        let mut upstreams = vec![("*", self.localstack.authority())];
        if let Some(moto) = &self.moto {
            upstreams.extend(["rds", "monitoring", "sns"].map(|service| (service, moto.authority())));
        }
        HttpProxy::start(&upstreams).await
    }

    /// Returns the variables of [`Stack::function_env`] with every endpoint behind a proxy of
    /// [`Stack::aws_proxy`].
    pub fn function_env_through(&self, proxy: &HttpProxy) -> Vec<(String, String)> {
        let mut variables = self.function_env();
        for (name, value) in &mut variables {
            if name.starts_with("AWS_ENDPOINT_URL") {
                *value = proxy.url();
            }
        }
        variables
    }

    /// Starts a fault proxy in front of PostgreSQL.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn postgres_proxy(&self) -> Result<TcpProxy> {
        TcpProxy::start("127.0.0.1", self.postgres.port()).await
    }

    /// Returns a client of LocalStack for account A.
    pub fn account_a(&self) -> Aws {
        self.localstack.account(ACCOUNT_A)
    }

    /// Returns a client of LocalStack for account B.
    pub fn account_b(&self) -> Aws {
        self.localstack.account(ACCOUNT_B)
    }

    /// Returns a client of the RDS API for account B.
    ///
    /// # Errors
    /// Fails if the stack was started without it.
    pub fn rds_b(&self) -> Result<Aws> {
        let moto = self.moto.as_ref().ok_or_else(|| anyhow::anyhow!("this stack has no RDS API"))?;
        Ok(moto.account(ACCOUNT_B))
    }

    /// Returns the JSON of a database configuration for this stack's PostgreSQL, with host and port.
    pub fn db_config(&self, database: &str, user: &str, password: &str) -> Value {
        json!({
            "host": self.postgres.host(), "port": self.postgres.port(), "database": database,
            "username": user, "password": password, "sslRootCert": self.postgres.ca_pem(),
        })
    }
}

/// Returns a text in the form of a UUID, which is the same for the same texts.
fn uuid_of(texts: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    let hash = hasher.finish();
    format!("{:08x}-{:04x}-4000-8000-{:012x}", hash >> 32, hash >> 16 & 0xFFFF, hash & 0xFFFF_FFFF_FFFF)
}

fn endpoint_variable(service: &str) -> &'static str {
    match service {
        "S3" => "AWS_ENDPOINT_URL_S3",
        "SSM" => "AWS_ENDPOINT_URL_SSM",
        "STS" => "AWS_ENDPOINT_URL_STS",
        "SECRETS_MANAGER" => "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "IAM" => "AWS_ENDPOINT_URL_IAM",
        "KMS" => "AWS_ENDPOINT_URL_KMS",
        "CLOUDWATCH" => "AWS_ENDPOINT_URL_CLOUDWATCH",
        "SNS" => "AWS_ENDPOINT_URL_SNS",
        _ => "AWS_ENDPOINT_URL_RDS",
    }
}

impl Aws {
    /// Writes a parameter of type `String` or `SecureString`, and overwrites an existing one.
    ///
    /// # Errors
    /// Fails if Parameter Store refuses it.
    pub async fn put_parameter(&self, name: &str, value: &str, kind: &str) -> Result<()> {
        let input = json!({"Name": name, "Value": value, "Type": kind, "Overwrite": true});
        self.json("ssm", "AmazonSSM.PutParameter", &input).await?;
        Ok(())
    }

    /// Writes a database configuration as a path with a `SecureString` for each value.
    ///
    /// # Errors
    /// Fails if Parameter Store refuses a parameter.
    pub async fn put_config_path(&self, path: &str, config: &Value) -> Result<()> {
        for (key, value) in config.as_object().into_iter().flatten() {
            // Names in a path are in snake case. Only one of those that occur here has more than one word.
            let name = format!("{path}/{}", if key == "sslRootCert" { "ssl_root_cert" } else { key });
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.put_parameter(&name, &value, "SecureString").await?;
        }
        Ok(())
    }

    /// Creates a secret and returns its ARN.
    ///
    /// # Errors
    /// Fails if there is a secret of that name already.
    pub async fn create_secret(&self, name: &str, value: &str) -> Result<String> {
        // The token matters only for a repeated call.
        let token = "00000000-0000-4000-8000-000000000000";
        let input = json!({"Name": name, "SecretString": value, "ClientRequestToken": token});
        let secret = self.json("secretsmanager", "secretsmanager.CreateSecret", &input).await?;
        Ok(secret["ARN"].as_str().unwrap_or_default().to_owned())
    }

    /// Sets the value of a secret.
    ///
    /// # Errors
    /// Fails if there is no secret of that name.
    pub async fn put_secret_value(&self, name: &str, value: &str) -> Result<()> {
        let input =
            json!({"SecretId": name, "SecretString": value, "ClientRequestToken": uuid_of(&[name, value])});
        self.json("secretsmanager", "secretsmanager.PutSecretValue", &input).await?;
        Ok(())
    }

    /// Creates a role that account A may assume, and returns its ARN.
    ///
    /// # Errors
    /// Fails if there is a role of that name already.
    pub async fn create_role(&self, name: &str) -> Result<String> {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT_A}:root")}}]});
        let fields = [("RoleName", name), ("AssumeRolePolicyDocument", &trust.to_string())];
        let answer = self.query("iam", "CreateRole", &fields).await?;
        elements(&answer, "Arn").pop().ok_or_else(|| anyhow::anyhow!("no Arn in {answer}"))
    }

    /// Creates a PostgreSQL instance in the RDS API, which is available at once.
    ///
    /// # Errors
    /// Fails if there is an instance of that name already.
    pub async fn create_db_instance(&self, identifier: &str, database: &str) -> Result<()> {
        let fields = [
            ("DBInstanceIdentifier", identifier),
            ("Engine", "postgres"),
            ("EngineVersion", "16.3"),
            ("DBInstanceClass", "db.t4g.micro"),
            ("AllocatedStorage", "20"),
            ("MasterUsername", "postgres"),
            ("MasterUserPassword", "unused-here"),
            ("DBName", database),
            ("EnableIAMDatabaseAuthentication", "true"),
            ("StorageEncrypted", "true"),
        ];
        self.query("rds", "CreateDBInstance", &fields).await?;
        Ok(())
    }

    /// Writes a value of a database's metric to CloudWatch, with a timestamp of a minute ago.
    ///
    /// # Errors
    /// Fails if CloudWatch refuses it.
    pub async fn put_rds_metric(&self, name: &str, dimension: (&str, &str), value: f64) -> Result<()> {
        let minute_ago = SystemTime::now() - Duration::from_mins(1);
        let timestamp = minute_ago.duration_since(UNIX_EPOCH)?.as_secs().to_string();
        let value = value.to_string();
        let fields = [
            ("Namespace", "AWS/RDS"),
            ("MetricData.member.1.MetricName", name),
            ("MetricData.member.1.Dimensions.member.1.Name", dimension.0),
            ("MetricData.member.1.Dimensions.member.1.Value", dimension.1),
            ("MetricData.member.1.Timestamp", &timestamp),
            ("MetricData.member.1.Value", &value),
        ];
        self.query("monitoring", "PutMetricData", &fields).await?;
        Ok(())
    }

    /// Writes values of a metric to CloudWatch. The times are in seconds since 1970.
    ///
    /// # Errors
    /// Fails if CloudWatch refuses it.
    pub async fn put_series(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        figures: &[(u64, f64)],
    ) -> Result<()> {
        for figures in figures.chunks(100) {
            let mut fields = vec![("Namespace".to_owned(), namespace.to_owned())];
            for (index, (time, value)) in figures.iter().enumerate() {
                let mut field = |name: &str, value: &str| {
                    fields.push((format!("MetricData.member.{}.{name}", index + 1), value.to_owned()));
                };
                field("MetricName", name);
                for (index, (dimension, value)) in dimensions.iter().enumerate() {
                    field(&format!("Dimensions.member.{}.Name", index + 1), dimension);
                    field(&format!("Dimensions.member.{}.Value", index + 1), value);
                }
                field("Timestamp", &time.to_string());
                field("Value", &value.to_string());
            }
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            self.query("monitoring", "PutMetricData", &fields).await?;
        }
        Ok(())
    }

    /// Creates an SNS topic and returns its ARN.
    ///
    /// # Errors
    /// Fails if SNS refuses it.
    pub async fn create_topic(&self, name: &str) -> Result<String> {
        let answer = self.query("sns", "CreateTopic", &[("Name", name)]).await?;
        elements(&answer, "TopicArn").pop().context("SNS names no topic")
    }

    /// Creates an RDS proxy for PostgreSQL in the RDS API, which requires TLS and is available at once. Its endpoint is
    /// the host of the stack's database.
    ///
    /// # Errors
    /// Fails if there is a proxy of that name already.
    pub async fn create_db_proxy(&self, name: &str) -> Result<()> {
        let subnets = self.query("ec2", "DescribeSubnets", &[]).await?;
        let subnet = elements(&subnets, "subnetId").pop().context("the account has no subnet")?;
        let fields = [
            ("DBProxyName", name),
            ("EngineFamily", "POSTGRESQL"),
            ("Auth.member.1.AuthScheme", "SECRETS"),
            ("Auth.member.1.IAMAuth", "DISABLED"),
            ("RoleArn", "arn:aws:iam::222222222222:role/proxy"),
            ("VpcSubnetIds.member.1", &subnet),
            ("RequireTLS", "true"),
        ];
        self.query("rds", "CreateDBProxy", &fields).await?;
        Ok(())
    }

    /// Creates an Aurora PostgreSQL cluster without members in the RDS API, which is available at once.
    ///
    /// # Errors
    /// Fails if there is a cluster of that name already.
    pub async fn create_db_cluster(&self, identifier: &str, database: &str) -> Result<()> {
        let fields = [
            ("DBClusterIdentifier", identifier),
            ("Engine", "aurora-postgresql"),
            ("MasterUsername", "postgres"),
            ("MasterUserPassword", "unused-here"),
            ("DatabaseName", database),
            ("EnableIAMDatabaseAuthentication", "true"),
        ];
        self.query("rds", "CreateDBCluster", &fields).await?;
        Ok(())
    }
}
