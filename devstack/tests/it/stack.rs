//! Tests of the stack: the RDS API shows the real server, and only to account B and its roles.

use devstack::{ACCOUNT_A, ACCOUNT_B, Aws, Leftovers, Object, OpenUpload, Result, Stack, StackOptions};
use tokio::task::JoinSet;

#[tokio::test]
async fn rds_shows_the_real_server_to_account_b_only() -> Result<()> {
    let stack = Stack::start(StackOptions::default()).await?;
    let rds = stack.moto.as_ref().expect("it was asked for");
    stack.rds_b()?.create_db_instance("shop-db", "shop").await?;
    stack.rds_b()?.create_db_cluster("shop-cluster", "shop").await?;
    let role = stack.account_b().create_role("CrossAccountRDSRole").await?;
    assert_eq!(role, format!("arn:aws:iam::{ACCOUNT_B}:role/CrossAccountRDSRole"));

    let fields = [("RoleArn", role.as_str()), ("RoleSessionName", "x")];
    let assumed = stack.account_a().query("sts", "AssumeRole", &fields).await?;
    let key =
        assumed.split_once("<AccessKeyId>").and_then(|(_, rest)| rest.split('<').next()).expect("a key");
    let as_role = Aws::new(rds.authority(), key);
    let address =
        format!("<Endpoint><Address>localhost</Address><Port>{}</Port></Endpoint>", stack.postgres.port());
    let seen = as_role.query("rds", "DescribeDBInstances", &[]).await?;
    assert!(seen.contains("<DBInstanceIdentifier>shop-db<") && seen.contains(&address), "{seen}");
    let seen = as_role.query("rds", "DescribeDBClusters", &[]).await?;
    assert!(seen.contains("<Endpoint>localhost</Endpoint>"), "{seen}");
    assert!(seen.contains(&format!("<Port>{}</Port>", stack.postgres.port())), "{seen}");

    rds.set_address("shop-db", "db.example", 6543);
    let seen = as_role.query("rds", "DescribeDBInstances", &[]).await?;
    assert!(seen.contains("<Address>db.example</Address><Port>6543</Port>"), "{seen}");

    let own = rds.account(ACCOUNT_A).query("rds", "DescribeDBInstances", &[]).await?;
    assert!(!own.contains("shop-db"), "{own}");
    let of_a = [("DBInstanceIdentifier", "shop-db")];
    let missing = rds.account(ACCOUNT_A).query("rds", "DescribeDBInstances", &of_a).await;
    assert!(format!("{:#}", missing.expect_err("not A's")).contains("DBInstanceNotFound"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_can_be_made_while_others_look_at_them() -> Result<()> {
    let stack = Stack::start(StackOptions::default()).await?;
    let rds = stack.rds_b()?;
    let mut makers = JoinSet::new();
    for maker in 0..8 {
        let rds = rds.clone();
        makers.spawn(async move {
            for number in 0..5 {
                rds.create_db_cluster(&format!("cluster-{maker}-{number}"), "shop").await?;
            }
            for number in 0..20 {
                rds.create_db_instance(&format!("instance-{maker}-{number}"), "shop").await?;
                rds.query("rds", "DescribeDBClusters", &[]).await?;
            }
            Ok(())
        });
    }
    makers.join_all().await.into_iter().collect()
}

#[tokio::test]
async fn leftovers_are_found_in_buckets_databases_and_folders() -> Result<()> {
    let stack = Stack::start(StackOptions { without_rds: true, ..StackOptions::default() }).await?;
    let account = stack.account_a();
    account.create_bucket("data").await?;
    let folder = tempfile::tempdir()?;
    let find = async || {
        let left = Leftovers::default().in_bucket(&account, "data").await?.in_folder(folder.path())?;
        left.in_database(&stack.postgres, |session| session.user == "reader").await
    };
    assert_eq!(find().await?, Leftovers::default());

    account.put_object("data", "a.csv", b"1").await?;
    let id = account.create_multipart_upload("data", "b.csv").await?;
    std::fs::write(folder.path().join("c.part"), "")?;
    stack.postgres.create_role("reader", "secret of reader").await?;
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(stack.postgres.port()).user("reader").password("secret of reader");
    let (client, connection) = config.dbname("postgres").connect(tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("SELECT 1").await?;
    let left = find().await?;
    assert_eq!(left.objects, [Object { key: "a.csv".into(), size: 1 }]);
    assert_eq!(left.uploads, [OpenUpload { key: "b.csv".into(), id }]);
    assert_eq!(left.files, ["c.part"]);
    assert_eq!((left.sessions.len(), left.sessions[0].statement.as_str()), (1, "SELECT 1"));
    drop(client);
    assert_eq!(find().await?.sessions, []);
    Ok(())
}
