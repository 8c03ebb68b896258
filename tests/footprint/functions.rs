//! Measures the functions.
fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let builds = footprint::Builds::make().unwrap();
        println!("{:#?}", footprint::count(&builds).await.unwrap());
    });
}
