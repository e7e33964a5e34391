//! Steps that set up the database configuration: in a parameter, below a path, in secrets of either account.

use cucumber::gherkin::Step;
use cucumber::given;
use serde_json::Value;

use super::World;
use super::when::below;

#[given("there is no database configuration")]
fn none(world: &mut World) {
    world.configuration = None;
}

#[given(regex = r#"^the configuration has "(.*)" for ([A-Za-z]+)$"#)]
fn text(world: &mut World, value: String, key: String) {
    if key == "password" {
        world.secrets.push(value.clone());
    }
    world.configure(&key, value.into());
}

#[given(regex = r"^the configuration has the number (\d+) for ([A-Za-z]+)$")]
fn number(world: &mut World, value: u64, key: String) {
    world.configure(&key, value.into());
}

#[given(regex = r"^the configuration lacks ([A-Za-z]+)$")]
fn lacks(world: &mut World, key: String) {
    world.configure(&key, Value::Null);
}

#[given(regex = r#"^the (String|SecureString) parameter "(.*)" holds$"#)]
async fn parameter(world: &mut World, kind: String, name: String, step: &Step) {
    let text = world.words.real_json(below(step));
    let text = text.replace("{database}", &world.database);
    world.account_a().put_parameter(&name, &text, &kind).await.expect("a parameter");
}

#[given(regex = r#"^the (String|SecureString) parameter "(.*)" is "(.*)"$"#)]
async fn short_parameter(world: &mut World, kind: String, name: String, value: String) {
    world.account_a().put_parameter(&name, &value, &kind).await.expect("a parameter");
}

#[given(regex = r#"^the parameters below "(.*)" are$"#)]
async fn parameters_below(world: &mut World, path: String, step: &Step) {
    for row in &step.table.as_ref().expect("a table").rows {
        let value = world.words.real(&row[1]).replace("{database}", &world.database);
        let name = format!("{path}{}", row[0]);
        world.account_a().put_parameter(&name, &value, "SecureString").await.expect("a parameter");
    }
}

#[given(regex = r#"^the secret "(.*)" of account (A|B) holds$"#)]
async fn secret(world: &mut World, name: String, account: String, step: &Step) {
    let text = world.words.real_json(below(step)).replace("{database}", &world.database);
    let owner = if account == "A" { world.account_a() } else { world.account_b() };
    let arn = owner.create_secret(&name, &text).await.expect("a secret");
    world.words.placeholders.push(("{secretArn}", arn));
}
