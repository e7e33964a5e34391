//! Every fault of the HTTP proxy, as the client and as the service behind it see it.

use std::time::Duration;

use devstack::{ACCOUNT_A, Aws, DiscardS3, HttpFault, HttpProxy, Method, Result, Rule};
use serde_json::json;
use tokio::time::{sleep, timeout};

struct Setup {
    service: DiscardS3,
    proxy: HttpProxy,
    aws: Aws,
}

impl Setup {
    async fn new() -> Result<Self> {
        let service = DiscardS3::start(0)?;
        let proxy =
            HttpProxy::start(&[("*", service.url().trim_start_matches("http://").to_owned())]).await?;
        let aws = Aws::new(proxy.authority(), ACCOUNT_A);
        Ok(Self { service, proxy, aws })
    }

    async fn put(&self) -> Result<u16> {
        Ok(self.aws.s3(Method::PUT, "/bucket/key", b"abc").await?.status)
    }
}

#[tokio::test]
async fn passes_and_records() -> Result<()> {
    let setup = Setup::new().await?;
    setup.aws.create_multipart_upload("bucket", "key").await?;
    assert_eq!(setup.put().await?, 200);
    assert!(setup.aws.head_object("bucket", "key").await?.is_none());
    let calls = setup.proxy.calls();
    let seen: Vec<_> = calls.iter().map(|call| (call.action.as_str(), call.status)).collect();
    assert_eq!(
        seen,
        [("CreateMultipartUpload", Some(200)), ("PutObject", Some(200)), ("HeadObject", Some(404))]
    );
    assert_eq!(
        (calls[1].service.as_str(), &calls[1].body[..], calls[1].target.as_str()),
        ("s3", &b"abc"[..], "/bucket/key")
    );
    assert!(calls[1].header("authorization").contains(ACCOUNT_A));
    Ok(())
}

#[tokio::test]
async fn answers_errors_in_each_services_form() -> Result<()> {
    let setup = Setup::new().await?;
    setup.proxy.rule(Rule::nth("s3", "PutObject", 2, HttpFault::error(503, "SlowDown")));
    setup.proxy.rule(Rule::every("sts", "AssumeRole", HttpFault::error(403, "AccessDenied")));
    setup.proxy.rule(Rule::first("ssm", "*", 1, HttpFault::error(400, "ParameterNotFound")));
    assert_eq!((setup.put().await?, setup.put().await?, setup.put().await?), (200, 503, 200));
    assert_eq!(setup.service.stats().puts, 2, "the service is not reached by the second");
    let denied = format!("{:#}", setup.aws.query("sts", "AssumeRole", &[]).await.expect_err("denied"));
    assert!(denied.contains("HTTP 403") && denied.contains("<Code>AccessDenied</Code>"), "{denied}");
    let missing = setup.aws.json("ssm", "AmazonSSM.GetParameter", &json!({})).await.expect_err("missing");
    assert!(format!("{missing:#}").contains(r#""__type":"ParameterNotFound""#), "{missing:#}");

    setup.proxy.clear();
    setup.proxy.rule(Rule::every("s3", "*", HttpFault::Redirect("us-west-2")));
    let elsewhere = setup.aws.s3(Method::HEAD, "/bucket", b"").await?;
    assert_eq!((elsewhere.status, &elsewhere.headers["x-amz-bucket-region"]), (301, &"us-west-2".parse()?));
    Ok(())
}

#[tokio::test]
async fn breaks_connections() -> Result<()> {
    let setup = Setup::new().await?;
    setup.proxy.rule(Rule::nth("s3", "PutObject", 1, HttpFault::Reset));
    setup.proxy.rule(Rule::nth("s3", "PutObject", 1, HttpFault::LoseAnswer));
    assert!(format!("{:#}", setup.put().await.expect_err("reset")).contains("reset"));
    assert_eq!(setup.service.stats().puts, 0);
    // The second rule did not count the first call, which the first rule matched.
    assert!(format!("{:#}", setup.put().await.expect_err("lost")).contains("reset"));
    assert_eq!(setup.service.stats().puts, 1, "done, but the answer is lost");
    assert_eq!(setup.put().await?, 200);

    setup.proxy.clear();
    setup.proxy.rule(Rule::every("s3", "GetObject", HttpFault::Truncate(10)));
    let cut = setup.aws.get_object("bucket", "key").await.expect_err("cut");
    assert!(format!("{cut:#}").contains("is incomplete"), "{cut:#}");
    Ok(())
}

#[tokio::test]
async fn stalls_delays_and_alters() -> Result<()> {
    let setup = Setup::new().await?;
    let short = Duration::from_millis(300);
    setup.proxy.rule(Rule::nth("s3", "PutObject", 1, HttpFault::Stall));
    assert!(timeout(short, setup.put()).await.is_err());
    assert_eq!(setup.service.stats().puts, 0);
    setup.proxy.rule(Rule::nth("s3", "PutObject", 1, HttpFault::StallAnswer));
    let put = setup.put();
    tokio::pin!(put);
    let done = async {
        while setup.service.stats().puts == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        answer = &mut put => panic!("an answer: {answer:?}"),
        () = done => assert!(timeout(short, &mut put).await.is_err()),
    }
    assert_eq!(setup.service.stats().puts, 1);
    setup.proxy.rule(Rule::nth("s3", "PutObject", 1, HttpFault::Delay(short)));
    assert_eq!(setup.put().await?, 200);

    let before = setup.aws.s3(Method::GET, "/bucket/key", b"").await?.body;
    setup.proxy.rule(Rule::every("s3", "GetObject", HttpFault::AlterAnswer(3)));
    let after = setup.aws.s3(Method::GET, "/bucket/key", b"").await?.body;
    assert_eq!(before.len(), after.len());
    let altered: Vec<usize> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
    assert_eq!(altered, [3]);

    // A second proxy in front of the first one shows what the service receives.
    let outer = HttpProxy::start(&[("*", setup.proxy.authority())]).await?;
    outer.rule(Rule::every("s3", "PutObject", HttpFault::AlterRequest(1)));
    Aws::new(outer.authority(), ACCOUNT_A).put_object("bucket", "altered", b"abc").await?;
    assert_eq!(setup.proxy.calls().last().expect("a call").body, "acc");
    Ok(())
}
