//! Tests of the parts of devstack.

mod discard_s3;
mod http_proxy;
mod iam_proxy;
mod localstack;
mod name_server;
mod postgres;
mod program;
mod runtime_api;
mod stack;
mod tcp_proxy;
