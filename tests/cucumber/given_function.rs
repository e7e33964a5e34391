//! Steps that set up the function.

use cucumber::given;

use super::World;

#[given(regex = r#"^the variable ([A-Z0-9_]+) is "(.*)"$"#)]
fn variable(world: &mut World, name: String, value: String) {
    world.variables.push((name, value));
}

#[given(regex = r"^these variables$")]
fn variables(world: &mut World, step: &cucumber::gherkin::Step) {
    for row in &step.table.as_ref().expect("a table").rows {
        world.variables.push((row[0].clone(), row[1].clone()));
    }
}

#[given(regex = r"^the function has (\d+) MB of memory$")]
fn memory(world: &mut World, memory_mb: u32) {
    world.memory_mb = memory_mb;
}

#[given(regex = r#"^Lambda calls the request "(.*)"$"#)]
fn called(world: &mut World, request_id: String) {
    world.options.request_id = Some(request_id);
}

#[given("an emulator that tells a deadline in 1970")]
fn old_deadline(world: &mut World) {
    world.options.told_deadline_ms = Some(1_000);
}

#[given(regex = r"^the invocation has (\d+) seconds$")]
fn timeout(world: &mut World, seconds: u64) {
    world.options.timeout = Some(std::time::Duration::from_secs(seconds));
}
