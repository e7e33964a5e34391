//! `action: overview`: the real binary, RDS, CloudWatch and SNS of moto, S3 and STS of LocalStack.

mod accounts;
mod every_finding;
mod page;
mod permissions;
mod publishing;
mod trouble;
