//! Steps that check the objects in the bucket.

use std::collections::BTreeSet;
use std::fmt::Write;

use bytes::Bytes;
use cucumber::gherkin::Step;
use cucumber::then;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::printer::print_schema;

use super::World;
use super::when::below;
use super::words::unescaped;
use super::world::BUCKET;

#[then("the file is")]
async fn file_is(world: &mut World, step: &Step) {
    assert_eq!(world.file().await, format!("{}\n", below(step)));
}

#[then("the Parquet file is")]
async fn parquet_file_is(world: &mut World, step: &Step) {
    let reader = SerializedFileReader::new(Bytes::from(world.bytes().await)).expect("a Parquet file");
    let mut text = Vec::new();
    print_schema(&mut text, reader.metadata().file_metadata().schema());
    let mut text = String::from_utf8(text).expect("UTF-8");
    for row in reader.get_row_iter(None).expect("rows") {
        writeln!(text, "{}", row.expect("a row")).expect("a line");
    }
    assert_eq!(text, format!("{}\n", below(step)));
}

#[then(regex = r"^the file's bytes are '(.*)'$")]
async fn bytes_are(world: &mut World, text: String) {
    assert_eq!(world.file().await, unescaped(&text));
}

#[then(regex = r"^the file has (\d+) lines?$")]
async fn has_lines(world: &mut World, lines: usize) {
    assert_eq!(world.file().await.lines().count(), lines);
}

#[then(regex = r#"^the file has the value "(.*)"$"#)]
async fn has_value(world: &mut World, value: String) {
    let value = value.replace("{requestId}", &world.run().invocation.request_id);
    let file = world.file().await;
    assert_eq!(file.lines().nth(1), Some(format!("\"{}\"", value.replace('"', "\"\"")).as_str()), "{file}");
}

#[then("bytesWritten is the size of the file")]
async fn size(world: &mut World) {
    let size = world.file().await.len();
    assert_eq!(world.body()["bytesWritten"], size);
}

#[then("nothing was written")]
async fn nothing(world: &mut World) {
    assert_eq!(world.objects().await, world.before);
}

#[then(regex = r"^the buckets hold (\d+) objects?$")]
async fn hold_count(world: &mut World, count: usize) {
    let objects = world.objects().await;
    assert_eq!(objects.len(), count, "{objects:?}");
}

#[then("the buckets hold")]
async fn hold_objects(world: &mut World, step: &Step) {
    let rows = &step.table.as_ref().expect("a table").rows;
    let expected: BTreeSet<String> = rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(world.objects().await, expected);
}

#[then(regex = r#"^the object "(.*)" is untouched$"#)]
async fn untouched(world: &mut World, key: String) {
    let bytes = world.account_a().get_object(&world.words.bucket(BUCKET), &key).await.expect("the object");
    assert_eq!(&bytes[..], b"theirs\n");
}

#[then(regex = r#"^the object's ([a-z0-9-]+) is "(.*)"$"#)]
async fn has_header(world: &mut World, header: String, value: String) {
    let (bucket, key) = world.location();
    let headers = world.account_a().head_object(&world.words.bucket(&bucket), &key).await.expect("an answer");
    let headers = headers.expect("the object");
    let found = headers.get(&header).and_then(|value| value.to_str().ok());
    assert_eq!(found, Some(world.words.real(&value).as_str()));
}
