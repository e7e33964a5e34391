//! Steps that check the contents of the database.

use cucumber::then;

use super::World;

#[then(regex = r#"^the database answers "(.*)" with "(.*)"$"#)]
async fn answers(world: &mut World, query: String, expected: String) {
    let client = world.fixture.stack.postgres.connect_to(&world.database).await.expect("a connection");
    let rows = client.simple_query(&query).await.expect("an answer");
    let value = rows.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    assert_eq!(value, Some(expected.as_str()));
}
