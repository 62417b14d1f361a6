//! People with two numbers.

use std::collections::HashMap;
use std::slice;

use crate::PersonKey;

/// Which numbers are one person's, as the agency that keeps the table knows it. It never leaves that agency.
///
/// Someone found with two numbers keeps one; a corrected date of birth or sex changes the number too.
#[derive(Clone, Default)]
pub struct AliasTable {
    group_of: HashMap<PersonKey, usize>,
    /// A group that was merged into another is left empty.
    groups: Vec<Vec<PersonKey>>,
}

impl AliasTable {
    /// A table that knows of nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the table knows of nobody.
    pub fn is_empty(&self) -> bool {
        self.group_of.is_empty()
    }

    /// Notes that both numbers are one person's, and so are all numbers already known for either.
    pub fn add(&mut self, a: &PersonKey, b: &PersonKey) {
        if a == b {
            return;
        }
        let (into, from) = (self.group_index(a), self.group_index(b));
        if into == from {
            return;
        }
        let moved = self.groups.get_mut(from).map(std::mem::take).unwrap_or_default();
        for key in &moved {
            self.group_of.insert(key.clone(), into);
        }
        if let Some(group) = self.groups.get_mut(into) {
            group.extend(moved);
        }
    }

    /// The numbers of each person who has several, for keeping the table.
    pub fn groups(&self) -> impl Iterator<Item = &[PersonKey]> {
        self.groups
            .iter()
            .filter(|group| group.len() > 1)
            .map(Vec::as_slice)
    }

    /// Every number of the person who has `key`, itself included, in the order in which they were noted.
    pub fn group<'a>(&'a self, key: &'a PersonKey) -> impl Iterator<Item = &'a PersonKey> {
        self.numbers(key).iter()
    }

    /// The number that stands for the person who has `key`: the same for each of the person's numbers.
    pub fn principal<'a>(&'a self, key: &'a PersonKey) -> &'a PersonKey {
        self.numbers(key).first().unwrap_or(key)
    }

    fn numbers<'a>(&'a self, key: &'a PersonKey) -> &'a [PersonKey] {
        let group = self.group_of.get(key).and_then(|index| self.groups.get(*index));
        group.map_or(slice::from_ref(key), Vec::as_slice)
    }

    fn group_index(&mut self, key: &PersonKey) -> usize {
        if let Some(index) = self.group_of.get(key) {
            return *index;
        }
        let index = self.groups.len();
        self.groups.push(vec![key.clone()]);
        self.group_of.insert(key.clone(), index);
        index
    }
}
