//! Installs a worker by the code path of the patched hive: `patched-hive WORKER FOLDER`, as its job would.

mod binary_install;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (worker, folder) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let catalog = std::env::var("WORKER_CATALOG_URL")?;
    let installed = binary_install::install_binary(catalog, worker, folder.into(), || false).await?;
    println!("{} {} is at {}", installed.worker_id, installed.version, installed.path.display());
    Ok(())
}
