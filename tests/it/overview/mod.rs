//! `action: overview`: the real binary, RDS, CloudWatch and SNS of moto, S3 and STS of LocalStack.

mod page;
mod publishing;
mod trouble;
mod world;
