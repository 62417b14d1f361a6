//! Roots of the chunks that a session has durably: a side that comes back is held to them.

use hefu_casework::Hex;
use rusqlite::{OptionalExtension, params};

use super::must_be_open;
use crate::error::Error;
use crate::store::Store;

/// Which way a chunk went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the receiver to the sender.
    Blinded,
    /// From the sender to the receiver.
    Evaluated,
}

impl Direction {
    fn column(self) -> &'static str {
        match self {
            Self::Blinded => "blinded",
            Self::Evaluated => "evaluated",
        }
    }
}

impl Store {
    /// Keeps a chunk's root; on disk when this returns. The same again changes nothing.
    ///
    /// # Errors
    /// [`Error::ChunkChanged`] where the chunk has another root, [`Error::ChunkGap`] where it does not follow the last;
    /// [`Error::SessionEnded`], [`Error::Unknown`]; the database's.
    pub fn note_chunk(
        &self,
        round: &[u8; 32],
        direction: Direction,
        chunk: u32,
        root: &[u8; 32],
    ) -> Result<(), Error> {
        self.write(|connection| {
            must_be_open(connection, round)?;
            let sql = "SELECT root FROM session_chunks WHERE round = ?1 AND direction = ?2 AND chunk = ?3";
            let known: Option<[u8; 32]> = connection
                .prepare_cached(sql)?
                .query_row(params![round, direction.column(), chunk], |row| row.get(0))
                .optional()?;
            match known {
                Some(known) if known == *root => return Ok(()),
                Some(_) => return Err(Error::ChunkChanged { chunk }),
                None => {}
            }
            let sql =
                "SELECT coalesce(max(chunk) + 1, 0) FROM session_chunks WHERE round = ?1 AND direction = ?2";
            let expected: u32 = connection
                .prepare_cached(sql)?
                .query_row(params![round, direction.column()], |row| row.get(0))?;
            if chunk != expected {
                return Err(Error::ChunkGap { expected, chunk });
            }
            connection
                .prepare_cached(
                    "INSERT INTO session_chunks (round, direction, chunk, root) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![round, direction.column(), chunk, root])?;
            Ok(())
        })
    }

    /// The roots of a session's chunks in order, from chunk 0 without gaps; none once it ended.
    ///
    /// # Errors
    /// [`Error::Damaged`] where one is missing; the database's.
    pub fn chunks(&self, round: &[u8; 32], direction: Direction) -> Result<Vec<[u8; 32]>, Error> {
        self.read(|connection| {
            let sql =
                "SELECT chunk, root FROM session_chunks WHERE round = ?1 AND direction = ?2 ORDER BY chunk";
            let mut all = connection.prepare_cached(sql)?;
            let mut roots = Vec::new();
            let mut rows = all.query(params![round, direction.column()])?;
            while let Some(row) = rows.next()? {
                if row.get::<_, u64>(0)? != roots.len() as u64 {
                    return Err(Error::damaged("session", Hex(*round)));
                }
                roots.push(row.get(1)?);
            }
            Ok(roots)
        })
    }
}
