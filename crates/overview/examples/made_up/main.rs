//! Writes the page of invented databases: `cargo run -p extractor-overview --example made_up > page.html`.

mod data;

fn main() {
    let databases = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(60);
    let accounts = std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(4);
    print!("{}", extractor_overview::page(&data::made_up(databases, accounts)));
}
