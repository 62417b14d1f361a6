//! The schema's versions, kept in SQLite's `user_version`.

use rusqlite::Connection;

use crate::error::Error;

/// Each version's script takes the one before it there. A published script is never changed.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_referrals.sql"),
    include_str!("migrations/0003_sessions.sql"),
    include_str!("migrations/0004_agreements.sql"),
    include_str!("migrations/0005_ferry.sql"),
    include_str!("migrations/0006_circumstances.sql"),
    include_str!("migrations/0007_reviews.sql"),
    include_str!("migrations/0008_notes.sql"),
    include_str!("migrations/0009_inquiries.sql"),
    include_str!("migrations/0010_names.sql"),
    include_str!("migrations/0011_people.sql"),
    include_str!("migrations/0012_matters.sql"),
    include_str!("migrations/0013_checks.sql"),
    include_str!("migrations/0014_acts.sql"),
    include_str!("migrations/0015_conference.sql"),
    include_str!("migrations/0016_conference_rounds.sql"),
    include_str!("migrations/0017_lines.sql"),
    include_str!("migrations/0018_accounts.sql"),
    include_str!("migrations/0019_unmaskings.sql"),
];

/// Brings the schema to the last version, each step whole or not at all.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    apply(connection, MIGRATIONS)
}

/// The version of another database, which this program must know and will not change.
pub(crate) fn known_version(connection: &Connection) -> Result<i64, Error> {
    let found = version(connection)?;
    if found > MIGRATIONS.len() as i64 {
        return Err(newer(found, MIGRATIONS));
    }
    Ok(found)
}

fn version(connection: &Connection) -> Result<i64, Error> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn newer(found: i64, migrations: &[&str]) -> Error {
    Error::NewerSchema {
        found,
        supported: migrations.len() as i64,
    }
}

pub(crate) fn apply(connection: &mut Connection, migrations: &[&str]) -> Result<(), Error> {
    let found = version(connection)?;
    let newer = newer(found, migrations);
    let done = usize::try_from(found).map_err(|_| Error::damaged("schema", found))?;
    for (script, version) in migrations.get(done..).ok_or(newer)?.iter().zip(found + 1..) {
        let step = connection.transaction()?;
        step.execute_batch(script)?;
        step.pragma_update(None, "user_version", version)?;
        step.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
