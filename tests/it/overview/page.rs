//! The page in Chromium, made from 60 databases of four accounts, and its size and memory for 300 databases
//! of ten.

use std::collections::BTreeSet;
use std::path::PathBuf;

use devstack::Browser;
use serde_json::{Value, json};

use super::accounts::{Accounts, kinds};
use crate::fixture::{BUCKET, PATIENCE, response};

#[path = "../../../crates/overview/examples/made_up/data.rs"]
mod data;

const WIDTHS: [u32; 3] = [360, 800, 1600];
const HOSTILE: &str =
    "<script>document.title='no'</script>\"'`&<img src=//x onerror=alert(1)>\u{202e}\u{5d0}";
/// The memory that a function of 128 MB has for itself.
const MEMORY: u64 = 128 << 20;

/// Returns whether there is a browser to test with, which in CI there must be.
fn has_browser() -> bool {
    let installed = Browser::is_installed();
    assert!(installed || std::env::var_os("CI").is_none(), "scripts/setup.sh installs chromium-driver");
    if !installed {
        eprintln!("Chromium is not installed, so the page was not opened: apt-get install chromium-driver");
    }
    installed
}

fn reports() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../reports/overview");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Writes the page to a file that the browser opens, and returns its URL.
fn saved(name: &str, page: &str) -> String {
    let path = reports().join(name);
    std::fs::write(&path, page).expect("a file");
    format!("file://{}", path.canonicalize().expect("a path").display())
}

/// Creates four accounts of fifteen databases each, with a cluster, a replica and findings.
async fn sixty() -> Accounts {
    let accounts = Accounts::start(4).await;
    let day: Vec<f64> = (0..48).map(|step| 20.0 + f64::from(step % 12) * 3.0).collect();
    let falling: Vec<f64> = (0..48).map(|step| (30.0 - f64::from(step) * 0.2) * 1_073_741_824.0).collect();
    for account in 0..4 {
        for number in 0..12 {
            let name = format!("shop-{account}{number:02}");
            let odd: &[(&str, &str)] = match (account, number) {
                (0, 0) => &[("PubliclyAccessible", "true")],
                (0, 1) => &[("StorageEncrypted", "false")],
                (1, 0) => &[("EngineVersion", "13.11")],
                (1, 1) => &[("Tags.Tag.1.Key", "owner"), ("Tags.Tag.1.Value", HOSTILE)],
                _ => &[],
            };
            accounts.instance(account, &name, odd).await;
            accounts
                .figures(account, &name, "CPUUtilization", if number == 3 { &[97.0; 48] } else { &day })
                .await;
            accounts.figures(account, &name, "DatabaseConnections", &day[..24]).await;
            let free = if number == 5 { falling.clone() } else { vec![6e10; 4] };
            accounts.figures(account, &name, "FreeStorageSpace", &free).await;
        }
        accounts.rds(account).create_db_cluster("aurora", "shop").await.expect("a cluster");
        let member = [("Engine", "aurora-postgresql"), ("DBClusterIdentifier", "aurora")];
        accounts.instance(account, "aurora-1", &member).await;
        accounts.figures(account, "aurora-1", "CPUUtilization", &day).await;
        let source = format!("shop-{account}00");
        let replica = [("DBInstanceIdentifier", "replica"), ("SourceDBInstanceIdentifier", &source)];
        accounts.rds(account).query("rds", "CreateDBInstanceReadReplica", &replica).await.expect("a replica");
        accounts.figures(account, "replica", "ReplicaLag", &[900.0; 6]).await;
    }
    accounts.proxy.clear();
    accounts.pend(Some("shop-004"));
    accounts.runs("orders-export", "Success", 30, 2.0).await;
    accounts.runs("orders-export", "QueryTimeout", 2, 3.0).await;
    accounts
}

#[tokio::test]
async fn sixty_databases_in_a_browser() {
    let accounts = sixty().await;
    let extraction = accounts.function().await;
    let config = accounts.fixture.stack.db_config(
        "postgres",
        accounts.fixture.stack.postgres.superuser(),
        accounts.fixture.stack.postgres.password(),
    );
    accounts
        .fixture
        .stack
        .account_a()
        .put_parameter("/db", &config.to_string(), "String")
        .await
        .expect("a parameter");
    let export = json!({"dbConfigParam": "/db", "query": "SELECT 1 AS one", "keyPrefix": "exports/ones"});
    let invocation = extraction.invoke(export, PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 200);
    accounts
        .fixture
        .stack
        .account_a()
        .put_object(BUCKET, "others/notes.txt", b"ours is it not")
        .await
        .expect("an object");
    drop(extraction);
    accounts.proxy.clear();
    accounts.pend(Some("shop-004"));

    let function = accounts.function().await;
    let body = accounts.overview(&function, &accounts.event()).await;
    assert_eq!((&body["databases"], &body["failures"]), (&json!(60), &json!(0)), "{body:#}");
    let found: BTreeSet<&str> = kinds(&body).into_iter().collect();
    let expected =
        ["cpu", "exportFailing", "lag", "maintenance", "notEncrypted", "public", "storageTrend", "version"];
    assert_eq!(found, expected.into());
    let state = accounts.state().await;
    let exports: Vec<&Value> =
        state["exports"].as_array().expect("exports").iter().map(|export| &export["prefix"]).collect();
    assert_eq!(exports, [&json!("exports/ones/")]);
    let replica =
        state["databases"].as_array().and_then(|all| all.iter().find(|one| one["identifier"] == "replica"));
    assert_eq!(replica.map(|replica| &replica["replicaOf"]), Some(&json!("shop-000")));

    if !has_browser() {
        return;
    }
    let page = accounts.read("index.html").await;
    let url = saved("sixty.html", &page);
    let browser = Browser::start().await.expect("a browser");
    for width in WIDTHS {
        for (dark, scheme) in [(false, "light"), (true, "dark")] {
            browser.show(width, dark).await.expect("a window");
            browser.requests().await.expect("a log");
            browser.open(&url).await.expect("the page");
            looks_right(&browser, width, &url).await;
            let picture = browser.screenshot(6_000).await.expect("a picture");
            std::fs::write(reports().join(format!("{width}-{scheme}.png")), picture).expect("a file");
        }
    }
    filters_and_sorts(&browser).await;
}

/// Checks that the page requests nothing from elsewhere, logs no error and does not overflow, and that axe-core finds nothing
/// serious.
async fn looks_right(browser: &Browser, width: u32, url: &str) {
    let requests = browser.requests().await.expect("a log");
    let elsewhere: Vec<&String> =
        requests.iter().filter(|request| *request != url && !request.starts_with("data:")).collect();
    assert!(elsewhere.is_empty() && !requests.is_empty(), "{requests:?}");
    let console = browser.log("browser").await.expect("a log");
    assert!(console.is_empty(), "{console:?}");
    let scrolls = browser.run("return document.documentElement.scrollWidth").await.expect("a width");
    assert_eq!(scrolls, width, "it scrolls sideways");
    let found = browser.axe().await.expect("axe-core");
    let serious: Vec<&Value> = found
        .iter()
        .filter(|violation| matches!(violation["impact"].as_str(), Some("serious" | "critical")))
        .collect();
    assert!(serious.is_empty(), "{serious:#?}");
}

async fn filters_and_sorts(browser: &Browser) {
    let shown = "return [...document.querySelectorAll('table.dbs tbody[data-row]:not([hidden])')]\
                 .map(body => body.querySelector('bdi').textContent)";
    let names = async || -> Vec<String> {
        let names = browser.run(shown).await.expect("names");
        names.as_array().expect("a list").iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let all = names().await;
    browser.show(1600, false).await.expect("a window");
    // By keyboard: "/" goes to the filter, Escape empties it.
    browser.press("/shop-00").await.expect("keys");
    assert!(names().await.iter().all(|name| name.starts_with("shop-00") || name == "shop-000"));
    let said = browser.run("return document.getElementById('count').textContent").await.expect("a text");
    assert_eq!(said, format!("{} of {} databases", names().await.len(), all.len()));
    browser.press("\u{E00C}").await.expect("keys");
    assert_eq!(names().await, all);
    // By mouse.
    browser.click("#bad").await.expect("a click");
    assert!(names().await.len() < all.len());
    browser.click("#bad").await.expect("a click");
    browser.click("th.c4 button").await.expect("a click");
    let sorted = "return document.querySelector('th.c4').getAttribute('aria-sort')";
    assert_eq!(browser.run(sorted).await.expect("an attribute"), "descending");
    assert!(names().await[0].ends_with("03"), "{:?}", names().await);
    // By keyboard: the button has the focus.
    browser.press("\u{E007}").await.expect("keys");
    assert_eq!(browser.run(sorted).await.expect("an attribute"), "ascending");
    browser.press("\u{E007}").await.expect("keys");
    assert_eq!(names().await, all, "as it was");
}

#[tokio::test]
async fn hostile_names_are_text_in_the_dom() {
    if !has_browser() {
        return;
    }
    let long = "n".repeat(200);
    let mut overview = data::made_up(12, 2);
    for (index, database) in overview.databases.iter_mut().enumerate() {
        let name = if index == 0 { long.clone() } else { format!("{index}{HOSTILE}") };
        database.identifier.clone_from(&name);
        database.tags = [(HOSTILE.to_owned(), HOSTILE.to_owned())].into();
        database.status = Some(HOSTILE.to_owned());
        database.engine_version = Some(HOSTILE.to_owned());
        database.cluster = None;
        database.replica_of = None;
    }
    for place in &mut overview.places {
        place.role_arn = Some(HOSTILE.to_owned());
        for failure in &mut place.failures {
            (failure.error, failure.hint) = (HOSTILE.to_owned(), HOSTILE.to_owned());
        }
    }
    for export in &mut overview.exports {
        (export.bucket, export.prefix) = (HOSTILE.to_owned(), HOSTILE.to_owned());
    }
    for function in &mut overview.functions {
        function.name = HOSTILE.to_owned();
        function.failures = [(HOSTILE.to_owned(), 1)].into();
    }
    overview.judge(&extractor_overview::History::default(), &[]);
    let url = saved("hostile.html", &extractor_overview::page(&overview));
    let browser = Browser::start().await.expect("a browser");
    for width in WIDTHS {
        browser.show(width, false).await.expect("a window");
        browser.requests().await.expect("a log");
        browser.open(&url).await.expect("the page");
        looks_right(&browser, width, &url).await;
    }
    let title = browser.run("return document.title").await.expect("a title");
    assert_eq!(title, "Databases and exports");
    let dom = browser
        .run("return [document.scripts.length, document.images.length, document.querySelectorAll('[onerror]').length]")
        .await
        .expect("counts");
    assert_eq!(dom, json!([1, 0, 0]));
    let names =
        "return [...document.querySelectorAll('table.dbs th bdi:first-child')].map(name => name.textContent)";
    let names = browser.run(names).await.expect("names");
    for database in &overview.databases {
        assert!(names.as_array().is_some_and(|names| names.contains(&json!(database.identifier))), "{names}");
    }
}

#[tokio::test]
async fn three_hundred_databases_in_ten_accounts() {
    let accounts = Accounts::start(10).await;
    let create = async |account: usize| {
        for number in 0..30 {
            let name = format!("fleet-{number:02}");
            accounts.instance(account, &name, &[]).await;
            accounts.figures(account, &name, "CPUUtilization", &[30.0, 40.0]).await;
        }
    };
    for account in 0..10 {
        create(account).await;
    }
    accounts.proxy.clear();
    accounts.pend(None);
    let function = accounts.function().await;
    let invocation = function.invoke(accounts.event(), PATIENCE).await.expect("an answer");
    let body = &response(&invocation)["body"];
    assert_eq!((&body["databases"], &body["failures"]), (&json!(300), &json!(0)), "{body:#}");
    assert!(invocation.peak_rss < MEMORY, "{} MiB", invocation.peak_rss >> 20);
    let page = accounts.read("index.html").await;
    assert!(page.len() < 1_000_000, "{}", page.len());
    eprintln!(
        "300 databases: {} MiB, {}, {} bytes, {}",
        invocation.peak_rss >> 20,
        body["executionTime"],
        page.len(),
        body["calls"]
    );
    let calls = accounts.proxy.calls().len();
    assert!(calls < 100, "{calls} calls");
}

#[tokio::test]
async fn the_picture_of_the_readme() {
    if !has_browser() {
        return;
    }
    let url = saved("readme.html", &extractor_overview::page(&data::made_up(60, 4)));
    let browser = Browser::start().await.expect("a browser");
    browser.show(1440, false).await.expect("a window");
    browser.open(&url).await.expect("the page");
    let fold = "for (const group of document.querySelectorAll('details')) group.open = false";
    browser.run(fold).await.expect("folded findings");
    let picture = browser.screenshot(1_300).await.expect("a picture");
    assert!(picture.starts_with(b"\x89PNG"));
    std::fs::write(reports().join("readme.png"), picture).expect("a file");
}
