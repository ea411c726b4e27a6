//! A copy of a SQLite file, made before its schema is changed and kept beside it: `bonex.db.schema-0008`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sqlx::SqliteConnection;
use sqlx::migrate::Migrator;

use super::applied::applied;
use crate::Failure;

/// Copies the file when `migrator` is about to change what is in it. A database that holds nothing yet is not copied; a
/// copy of the same schema that is there already, from an attempt that failed, makes room for this one.
pub(in crate::store) async fn copy_before(
    migrator: &Migrator,
    path: &Path,
    connection: &mut SqliteConnection,
) -> Result<(), Failure> {
    let applied: BTreeSet<i64> = applied(connection).await?.unwrap_or_default();
    let Some(newest) = applied.last() else {
        return Ok(());
    };
    if migrator
        .iter()
        .all(|migration| applied.contains(&migration.version))
    {
        return Ok(());
    }
    let copy = beside(path, &format!(".schema-{newest:04}"));
    match copy_to(&copy, path, connection).await {
        Ok(()) => {
            let copy = copy.display();
            tracing::info!(%copy, "copied before the schema is changed; delete the copy when all is well");
            Ok(())
        }
        Err(error) => {
            let megabytes = megabytes(path) + megabytes(&beside(path, "-wal"));
            Err(Failure::new(format_args!(
                "the database can't be copied to {} before its schema is changed ({error}); nothing was changed. The \
                 copy needs {megabytes} MB of room: free it, or move the database to a larger disk, and start again",
                copy.display()
            )))
        }
    }
}

/// Under another name first: what bears the name is whole.
async fn copy_to(copy: &Path, path: &Path, connection: &mut SqliteConnection) -> Result<(), Failure> {
    let part = beside(copy, ".part");
    remove(&part)?;
    let name = part
        .to_str()
        .ok_or_else(|| Failure::new("the path is no text"))?
        .to_owned();
    let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(connection).await;
    let kept = copied
        .map_err(Failure::from)
        .and_then(|_| keep(&part, copy, path));
    if kept.is_err() {
        // Half a copy takes room and is of no use.
        remove(&part)?;
    }
    kept
}

/// On disk before anything is changed, and readable by whoever may read the database.
fn keep(part: &Path, copy: &Path, path: &Path) -> Result<(), Failure> {
    std::fs::set_permissions(part, std::fs::metadata(path)?.permissions())?;
    std::fs::File::open(part)?.sync_all()?;
    std::fs::rename(part, copy)?;
    if let Some(folder) = copy.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn remove(file: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn megabytes(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len().div_ceil(1_000_000))
}
