//! The schema's versions, kept in SQLite's `user_version`.

use rusqlite::Connection;

use crate::error::Error;

/// Each version's script takes the one before it there. A published script is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_referrals.sql"),
];

/// Brings the schema to the last version, each step whole or not at all.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    apply(connection, MIGRATIONS)
}

fn apply(connection: &mut Connection, migrations: &[&str]) -> Result<(), Error> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let newer = Error::NewerSchema {
        found,
        supported: migrations.len() as i64,
    };
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
mod tests {
    use super::*;

    fn schema(connection: &Connection) -> Vec<(String, String)> {
        connection
            .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }

    #[test]
    fn every_older_schema_becomes_the_fresh_one() {
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate(&mut fresh).unwrap();
        assert!(schema(&fresh).iter().any(|(name, _)| name == "records"));
        for version in 1..=MIGRATIONS.len() {
            let mut old = Connection::open_in_memory().unwrap();
            apply(&mut old, &MIGRATIONS[..version]).unwrap();
            migrate(&mut old).unwrap();
            assert_eq!(schema(&old), schema(&fresh), "from version {version}");
        }
    }

    #[test]
    fn steps_run_once_each_and_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = [
            "CREATE TABLE a (x)",
            "INSERT INTO a VALUES (1)",
            "INSERT INTO a VALUES (2)",
        ];
        apply(&mut connection, &steps[..2]).unwrap();
        apply(&mut connection, &steps).unwrap();
        apply(&mut connection, &steps).unwrap();
        let found: (i64, i64) = connection
            .query_row("SELECT count(*), sum(x) FROM a", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(found, (2, 3));
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(
            apply(
                &mut connection,
                &["CREATE TABLE a (x)", "CREATE TABLE b (x); nonsense"]
            )
            .is_err()
        );
        assert_eq!(schema(&connection).len(), 1);
        apply(&mut connection, &["CREATE TABLE a (x)", "CREATE TABLE b (x)"]).unwrap();
        assert_eq!(schema(&connection).len(), 2);
    }

    #[test]
    fn a_newer_schema_is_refused_untouched() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let refused = migrate(&mut connection);
        assert!(matches!(refused, Err(Error::NewerSchema { found: 99, .. })));
        assert!(schema(&connection).is_empty());
    }
}
