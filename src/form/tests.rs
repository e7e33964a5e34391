use super::*;

#[test]
fn what_a_value_looks_like_is_said_in_words() {
    for (text, shape) in [
        ("postgresql://user:hunter2@db/shop", "a URL"),
        ("jdbc:postgresql:shop", "a URL"),
        ("{\"host\": \"db\", \"password\": \"hunter2\"}", "a JSON document"),
        ("{\"password\": \"hunt", "a JSON document"),
        ("[\"hunter2\"]", "a JSON document"),
        ("-----BEGIN PRIVATE KEY-----\nhunter2", "a PEM certificate or key"),
        ("host=db user=u password=hunter2", "a connection string (key=value)"),
        ("password = hunter2", "a connection string (key=value)"),
        ("Server=db;User Id=u;Pwd=hunter2", "a connection string (key=value)"),
        ("user:hunter2@db", "a user and a password (user:password@)"),
        ("user/hunter2@db", "a user and a password (user/password@)"),
        ("db\nhunter2", "several lines"),
        ("AKIAIOSFODNN7EXAMPLE", "what looks like a token or a key"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.x", "what looks like a token or a key"),
        ("wJalrXU1nFEMI2K7MDENG3bPx4RfiCY5", "what looks like a token or a key"),
        ("user:hunter2", "two parts with a colon between (user:password)"),
        ("\"db\"", "quotes around its text"),
        ("db ", "white space at its beginning or end"),
        ("\u{feff}{\"password\": \"hunter2\"}", "a JSON document"),
    ] {
        assert_eq!(Shape::of(text).map(|shape| shape.to_string()).as_deref(), Some(shape), "{text}");
    }
    for usual in [
        "db.c9akciq32.eu-central-1.rds.amazonaws.com",
        "::1",
        "fe80::1%eth0",
        "dt=2024-01-01/a.csv",
        "10.0.0.1",
    ] {
        assert_eq!(Shape::of(usual), None, "{usual}");
    }
}

#[test]
fn servers_are_names_and_addresses() {
    for good in [
        "db",
        "localhost",
        "my_db.internal.",
        "shop.c9akciq32.eu-central-1.rds.amazonaws.com",
        "10.0.0.1",
        "::1",
        "fe80::1%eth0",
        "2a05:d000::7",
        "dätenbank.example",
        "internal-a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4-123.elb.amazonaws.com",
    ] {
        assert_eq!(host(good).as_deref(), Ok(good));
    }
    for (bad, what) in [
        ("postgresql://u:hunter2@db/shop", "holds a URL, but must be the name or address of a server alone"),
        ("u:hunter2@db", "holds a user and a password (user:password@), but"),
        ("db:5432", "ends with a port, which belongs in port"),
        ("[::1]:5432", "ends with a port, which belongs in port"),
        ("[::1]", "holds an address in brackets, but must be the address without them"),
        ("a,b", "holds several hosts, but must be one"),
        (
            "/run/postgresql",
            "holds a path, but must be a name or an address: only TCP is spoken, no Unix socket",
        ),
        ("db shop hunter2", "must be the name or address of a server alone"),
        ("p@ss/w0rd!", "must be the name or address of a server alone"),
    ] {
        let said = host(bad).unwrap_err();
        assert!(said.starts_with(what), "{bad}: {said}");
    }
}

#[test]
fn any_name_of_a_database_or_user_works_that_brings_no_credentials() {
    for good in [
        "shop",
        "Shop DB",
        "o'brien@example.com",
        "a:b",
        "naïve-ü$1",
        "user@server",
        "select",
        "{x",
        "service=x/y",
        "100%",
    ] {
        assert_eq!(database(good).as_deref(), Ok(good));
        assert_eq!(user(good).as_deref(), Ok(good));
    }
    for bad in
        ["postgres://u:p@db/shop", "dbname=shop password=p", "host=db", "u:p@db", "{\"password\": 1}", "a\nb"]
    {
        assert!(database(bad).is_err() && user(bad).is_err(), "{bad}");
    }
}

#[test]
fn only_names_that_look_like_names_are_repeated() {
    for good in ["shop", "o.brien@example.com", "Shop DB", "naïve-ü$1", "_x"] {
        assert_eq!(shown(good), good);
    }
    for bad in ["reader:hunter2", "a/b", "x=y", "", " ", &"x".repeat(64), "AKIAIOSFODNN7EXAMPLE", "a\"b"] {
        assert_eq!(shown(bad), NOT_SHOWN, "{bad}");
    }
    assert_eq!(shown_parameter("/shop/db"), "/shop/db");
    assert_eq!(shown_parameter("/shop/db:3"), "/shop/db:3");
    assert_eq!(shown_parameter("/shop/db:prod"), "/shop/db:prod");
    assert_eq!(shown_parameter("reader:hunter2"), "reader:(not shown)");
    let arn = "arn:aws:ssm:eu-central-1:111111111111:parameter/shop/db";
    assert_eq!(shown_parameter(arn), arn);
}

#[test]
fn words_are_what_fields_are_made_of() {
    for word in
        ["crossAccountRoleArn", "db_config_param", "elephant", "--dry-run", "allowWrites", "DB_QUERY", "sql"]
    {
        assert!(is_word(word), "{word}");
    }
    for other in ["hunter2", "xKqPzMrW", "x", "a b", "p@ssword", "postgresql://db", ""] {
        assert!(!is_word(other), "{other}");
    }
}

#[test]
fn aws_s_names_have_their_forms() {
    for good in [
        "/myapp/db/",
        "name",
        "/a/b:3",
        "/a/b:label",
        "/aws/reference/secretsmanager/rds!db-1",
        "arn:aws:ssm:eu-central-1:111111111111:parameter/a/b",
        "arn:aws:ssm:eu-central-1:111111111111:parameter/a/b:2",
    ] {
        assert_eq!(parameter_name(good).as_deref(), Ok(good));
    }
    for bad in [
        "",
        "/a b",
        "postgresql://u:p@db/shop",
        "http://db/shop",
        "a=b",
        "u:p@db",
        "arn:aws:s3:::bucket",
        "a:b:c",
    ] {
        assert!(parameter_name(bad).is_err(), "{bad}");
    }
    for good in ["shop", "Shop-1", "arn:aws:rds:eu-central-1:222222222222:db:shop"] {
        assert_eq!(identifier(good, "db").as_deref(), Ok(good));
    }
    for bad in
        ["1shop", "shop.x.rds.amazonaws.com", "arn:aws:rds:eu-central-1:222222222222:cluster:shop", "a:b"]
    {
        assert!(identifier(bad, "db").is_err(), "{bad}");
    }
    for good in [
        "arn:aws:secretsmanager:eu-central-1:222222222222:secret:rds!db-1-AbCdEf",
        "arn:aws:secretsmanager:eu-central-1:222222222222:secret:shop/db@prod-AbCdEf",
        "shop/db",
        "db@prod",
    ] {
        assert_eq!(secret_id(good).as_deref(), Ok(good));
    }
    assert!(secret_id("reader:hunter2").is_err());
    for name in [secret_id, role_name, profile] {
        assert!(name("reader/hunter2@db.internal").unwrap_err().starts_with("holds a user and a password"));
    }
    for good in [
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "mrk-1234abcd12ab34cd56ef1234567890ab",
        "alias/aws/s3",
        "arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-central-1:111111111111:alias/exports",
    ] {
        assert_eq!(kms_key(good).as_deref(), Ok(good));
    }
    assert!(kms_key("hunter2").is_err() && kms_key("https://kms/key").is_err());
    for good in ["eu-central-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-12"] {
        assert_eq!(region(good).as_deref(), Ok(good));
    }
    assert!(region("hunter2").is_err() && region("").is_err());
}

#[test]
fn what_is_no_sql_is_refused_before_the_server_quotes_it() {
    for good in [
        "SELECT 1",
        "select",
        "-- all\nSELECT 1",
        "/*x*/select(1)",
        "TABLE t",
        "VALUES(1)",
        "WITH a AS (SELECT 1) TABLE a",
        "(select 1)",
        "SELECT 'postgresql://u:p@db/x'",
        "SELEC 1",
        "SELECT '{}'::json",
    ] {
        assert_eq!(sql(good), Ok(()), "{good}");
    }
    for bad in [
        "hunter2",
        "postgresql://u:p@db/shop",
        "{\"query\": 1}",
        "password=x host=y",
        "jdbc:postgresql://db/x?password=p q",
    ] {
        assert!(sql(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_words_of_others_lose_the_values_that_they_repeat() {
    for (words, left) in [
        (
            "failed to apply endpoint `reader:hunter2`: it must contain a scheme",
            "failed to apply endpoint `(not shown)`: it must contain a scheme",
        ),
        ("invalid full URI (DNS): postgresql://u:hunter2@db/shop", "invalid full URI (DNS): (not shown)"),
        ("{\"password\":\"hunter2\"}", "(not shown)"),
        ("the profile `shop` was not defined", "the profile `shop` was not defined"),
        (
            "no connection: tcp connect error: Connection refused (os error 111)",
            "no connection: tcp connect error: Connection refused (os error 111)",
        ),
        ("127.0.0.1:4566 refused", "127.0.0.1:4566 refused"),
    ] {
        assert_eq!(without_values(words), left);
    }
}

#[test]
fn an_access_point_is_a_bucket_and_what_else_s3_has_is_not() {
    for good in [
        "arn:aws:s3:eu-central-1:111111111111:accesspoint/exports",
        "arn:aws-cn:s3:cn-north-1:111111111111:accesspoint/exports-1",
        "exports-1a2b3c4d5e6f7g8h9i0j1k2l3m4n5-s3alias",
    ] {
        assert_eq!(bucket(good).as_deref(), Ok(good));
    }
    for (bad, what) in [
        ("exports--euc1-az1--x-s3", "is a directory bucket "),
        ("exports--euc1-az1--xa-s3", "is a directory bucket "),
        (
            "arn:aws:s3express:eu-central-1:111111111111:accesspoint/exports--euc1-az1--xa-s3",
            "is a directory bucket ",
        ),
        ("arn:aws:s3::111111111111:accesspoint/mfzwi23gnjvgw.mrap", "is a multi-region access point"),
        ("mfzwi23gnjvgw.mrap", "is a multi-region access point"),
        ("exports--ol-s3", "is an access point of S3 Object Lambda"),
        (
            "arn:aws:s3-object-lambda:eu-central-1:111111111111:accesspoint/x-1",
            "is an access point of S3 Object Lambda",
        ),
        ("exports--table-s3", "is a table bucket"),
        ("arn:aws:s3:::exports", "holds an ARN, but must be the name of a bucket alone"),
        ("arn:aws:s3:eu-central-1:111111111111:accesspoint/Exports", "holds an ARN"),
        ("arn:aws:s3:eu-central-1:111111111111:accesspoint/exports/key.csv", "holds an ARN"),
        ("arn:aws:s3-outposts:eu-central-1:111111111111:outpost/op-1/accesspoint/exports", "holds an ARN"),
    ] {
        assert!(bucket(bad).unwrap_err().starts_with(what), "{bad}: {:?}", bucket(bad));
    }
    let arn = "arn:aws:s3:eu-central-1:111111111111:accesspoint/exports";
    assert_eq!(
        (region_of_access_point(arn), region_of_access_point("exports")),
        (Some("eu-central-1"), None)
    );
}
