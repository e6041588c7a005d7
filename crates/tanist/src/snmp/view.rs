//! The objects that are answered for, at one moment: tables and single ones, each a row of a list, as functions of a
//! [`Scene`]. Nothing is made of an object before it is asked for: a walk of thousands of routers keeps no text of them.

use agentx::{Oid, SearchRange, Start, Value, VarBind};

use super::scene::Scene;

/// Everything at one moment, in the order of SNMP.
pub(super) struct View {
    scene: Scene,
    objects: Vec<Box<dyn Objects>>,
}

/// Objects whose names begin with the same numbers.
pub(super) trait Objects: Send + Sync {
    fn prefix(&self) -> &[u32];

    /// The value of what is called so below the prefix.
    fn get(&self, scene: &Scene, below: &[u32]) -> Value;

    /// The first from there, with what it is called below the prefix.
    fn next(&self, scene: &Scene, below: &[u32], start: Start) -> Option<(Vec<u32>, Value)>;
}

/// An object of which there is one. Its name ends with 0.
pub(super) struct Scalar {
    pub(super) name: Vec<u32>,
    pub(super) value: fn(&Scene) -> Option<Value>,
}

/// A column of a table: its number, and what stands there in a row.
pub(super) type Column<R> = (u32, fn(&Scene, &R) -> Option<Value>);

/// A table. `R` says which row it is, not what stands in it.
pub(super) struct Table<R: 'static> {
    /// That of an entry.
    prefix: Vec<u32>,
    columns: &'static [Column<R>],
    /// By index, sorted.
    rows: Vec<(Vec<u32>, R)>,
}

impl View {
    pub(super) fn new(scene: Scene, mut objects: Vec<Box<dyn Objects>>) -> Self {
        objects.sort_by(|a, b| a.prefix().cmp(b.prefix()));
        Self { scene, objects }
    }

    pub(super) const fn scene(&self) -> &Scene {
        &self.scene
    }

    /// The object of that name.
    pub(super) fn get(&self, name: &Oid) -> VarBind {
        let mut found = self.objects.iter().filter_map(|it| Some((it, name.below(it.prefix())?)));
        let value = found.next().map_or(Value::NoSuchObject, |(objects, below)| objects.get(&self.scene, below));
        VarBind { name: name.clone(), value }
    }

    /// The first object of the range.
    pub(super) fn next(&self, range: &SearchRange) -> VarBind {
        let found = self.objects.iter().find_map(|objects| {
            let prefix = objects.prefix();
            let (below, value) = match range.from.below(prefix) {
                Some(below) => objects.next(&self.scene, below, range.start)?,
                None if prefix > range.from.numbers() => objects.next(&self.scene, &[], Start::At)?,
                None => return None,
            };
            Some(VarBind { name: Oid::from(prefix).with(&below), value })
        });
        let ends_before = |it: &VarBind| range.until.as_ref().is_some_and(|until| it.name >= *until);
        found
            .filter(|it| !ends_before(it))
            .unwrap_or_else(|| VarBind { name: range.from.clone(), value: Value::EndOfMibView })
    }
}

impl Objects for Scalar {
    fn prefix(&self) -> &[u32] {
        &self.name
    }

    fn get(&self, scene: &Scene, below: &[u32]) -> Value {
        (self.value)(scene).filter(|_| below.is_empty()).unwrap_or(Value::NoSuchInstance)
    }

    fn next(&self, scene: &Scene, below: &[u32], start: Start) -> Option<(Vec<u32>, Value)> {
        let is_in = below.is_empty() && start == Start::At;
        Some((Vec::new(), (self.value)(scene).filter(|_| is_in)?))
    }
}

impl<R> Table<R> {
    /// `prefix`: that of an entry of it.
    pub(super) fn new(prefix: Vec<u32>, columns: &'static [Column<R>], mut rows: Vec<(Vec<u32>, R)>) -> Self {
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self { prefix, columns, rows }
    }
}

impl<R: Send + Sync> Objects for Table<R> {
    fn prefix(&self) -> &[u32] {
        &self.prefix
    }

    fn get(&self, scene: &Scene, below: &[u32]) -> Value {
        let [column, index @ ..] = below else { return Value::NoSuchObject };
        let Some((_, value)) = self.columns.iter().find(|(number, _)| number == column) else {
            return Value::NoSuchObject;
        };
        let row = self.rows.binary_search_by(|(its, _)| its.as_slice().cmp(index));
        row.ok().and_then(|row| value(scene, &self.rows[row].1)).unwrap_or(Value::NoSuchInstance)
    }

    fn next(&self, scene: &Scene, below: &[u32], start: Start) -> Option<(Vec<u32>, Value)> {
        let (first, index) = below.split_first().unwrap_or((&0, &[]));
        let skipped = |its: &[u32]| its < index || (its == index && start == Start::After);
        self.columns.iter().filter(|(number, _)| number >= first).find_map(|(number, value)| {
            let begin = if number == first { self.rows.partition_point(|(its, _)| skipped(its)) } else { 0 };
            let mut rows = self.rows[begin..].iter();
            rows.find_map(|(index, row)| Some(([&[*number], &index[..]].concat(), value(scene, row)?)))
        })
    }
}

/// Text.
pub(super) fn text(text: &str) -> Option<Value> {
    Some(Value::Octets(text.as_bytes().to_vec()))
}

/// An integer, cut to what fits.
pub(super) fn integer(number: impl Into<i64>) -> Option<Value> {
    let number = number.into().clamp(i32::MIN.into(), i32::MAX.into());
    i32::try_from(number).ok().map(Value::Integer)
}

/// A number that is not negative, cut to what fits.
pub(super) fn gauge(number: impl TryInto<u32>) -> Option<Value> {
    Some(Value::Gauge32(number.try_into().unwrap_or(u32::MAX)))
}

/// 1 if it is so, else 2.
pub(super) const fn one_if(is_so: bool) -> Option<Value> {
    Some(Value::Integer(if is_so { 1 } else { 2 }))
}

/// A counter of 32 bits begins anew when it is full.
pub(super) const fn counter32(count: u64) -> Option<Value> {
    #[expect(clippy::cast_possible_truncation, reason = "the rest counts (RFC 2578 §7.1.6)")]
    let rest = count as u32;
    Some(Value::Counter32(rest))
}
