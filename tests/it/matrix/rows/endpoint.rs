//! RDS's description of the database.

use devstack::HttpFault;

use super::error;
use crate::matrix::row::{Config, Row, row};

fn describe(name: &'static str, fault: HttpFault) -> Row {
    row("endpoint", name).config(Config::Instance).every("rds", "DescribeDBInstances", fault)
}

fn describe_once(name: &'static str, fault: HttpFault) -> Row {
    row("endpoint", name).config(Config::Instance).once("rds", "DescribeDBInstances", fault)
}

const PROXIES: &str = "DescribeDBProxies";

fn proxy(name: &'static str) -> Row {
    row("endpoint", name).config(Config::Proxy)
}

pub fn rows() -> Vec<Row> {
    vec![
        describe("DescribeDBInstances: 403 AccessDenied", error(403, "AccessDenied"))
            .fails("DescribeDenied", "endpoint"),
        describe("DescribeDBInstances: 404 DBInstanceNotFound", error(404, "DBInstanceNotFound"))
            .fails("DbInstanceNotFound", "endpoint"),
        row("endpoint", "DescribeDBClusters: 404 DBClusterNotFoundFault")
            .config(Config::Cluster)
            .every("rds", "DescribeDBClusters", error(404, "DBClusterNotFoundFault"))
            .fails("DbInstanceNotFound", "endpoint"),
        proxy("DescribeDBProxies: 403 AccessDenied")
            .every("rds", PROXIES, error(403, "AccessDenied"))
            .fails("DescribeDenied", "endpoint"),
        proxy("DescribeDBProxies: 404 DBProxyNotFoundFault")
            .every("rds", PROXIES, error(404, "DBProxyNotFoundFault"))
            .fails("DbInstanceNotFound", "endpoint"),
        proxy("DescribeDBProxies: 400 Throttling, once").once("rds", PROXIES, error(400, "Throttling")),
        row("endpoint", "DescribeDBInstances: the instance is stopped")
            .config(Config::Stopped)
            .fails("DbInstanceNotAvailable", "endpoint"),
        describe_once("DescribeDBInstances: 400 Throttling, once", error(400, "Throttling")),
        describe("DescribeDBInstances: 429 TooManyRequestsException", error(429, "TooManyRequestsException"))
            .takes(3)
            .fails("DescribeFailed", "endpoint"),
        describe("DescribeDBInstances: 500", error(500, "InternalFailure"))
            .takes(3)
            .fails("DescribeFailed", "endpoint"),
        describe_once("DescribeDBInstances: 503, once", error(503, "ServiceUnavailable")),
        describe_once("DescribeDBInstances: reset, once", HttpFault::Reset),
        describe("DescribeDBInstances: reset", HttpFault::Reset).takes(3).fails("DescribeFailed", "endpoint"),
        describe_once("DescribeDBInstances: answer lost, once", HttpFault::LoseAnswer),
        describe("DescribeDBInstances: answer cut short", HttpFault::Truncate(200))
            .takes(3)
            .fails("DescribeFailed", "endpoint"),
        describe("DescribeDBInstances: a byte of the answer altered", HttpFault::AlterAnswer(0))
            .fails("DescribeFailed", "endpoint"),
        describe("DescribeDBInstances: no answer", HttpFault::Stall).runs_out(4, "endpoint"),
    ]
}
