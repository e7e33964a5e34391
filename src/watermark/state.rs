//! What an incremental export remembers from one run to the next.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::facts::{Cluster, TableColumn, TableFacts};
use crate::job::{Extraction, Incremental, Watermark};

/// The version of the state's form.
const VERSION: u32 = 1;

/// The state of a stream. The name of the next object follows from it alone, so that of several runs at once, or of one
/// that is repeated, only one can write it.
///
/// Times are in UTC, ids of transactions have 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    /// The version of this form.
    pub(crate) version: u32,
    /// The name of the stream.
    pub(crate) stream: String,
    /// How often the stream has begun; from the second time on, its objects lie in a folder of their own.
    pub(crate) generation: u32,
    /// The number of the next object.
    pub(crate) sequence: u64,
    /// How often the facts below have changed since the last object.
    pub(crate) revision: u32,
    /// The lower bound of the next window; none if it is the first.
    pub(crate) lower: Option<u64>,
    /// `"xmin"` or `{"column": NAME}`.
    pub(crate) watermark: Mode,
    /// The name of the table: `schema.table`.
    pub(crate) table: String,
    /// The OID of the table.
    pub(crate) oid: u32,
    /// The columns of the table.
    pub(crate) columns: Vec<TableColumn>,
    /// The OIDs of the tables that store its rows.
    pub(crate) leaves: Vec<u32>,
    /// Those of them that the next object has as a whole, since they came after the last one, with the revision from
    /// which on.
    #[serde(default)]
    pub(crate) whole: BTreeMap<u32, u32>,
    /// The system identifier of the cluster.
    pub(crate) system: Option<String>,
    /// The timeline of the cluster.
    pub(crate) timeline: Option<u32>,
    /// The resource id at RDS.
    pub(crate) resource: Option<String>,
    /// The format of the objects.
    pub(crate) format: String,
    /// Their compression.
    pub(crate) compression: String,
    /// When the snapshot of the last object was taken.
    pub(crate) taken_at: Option<DateTime<Utc>>,
    /// The request that wrote this.
    pub(crate) request_id: String,
    /// The delivery that began the generation.
    #[serde(default)]
    pub(crate) restarted_by: Option<String>,
    /// Whether the next run is to begin the stream anew, as somebody asked for by hand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reset: bool,
}

/// What an object has, from which the state moves on. In S3 it is the metadata of the object, on this machine a file beside
/// the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pending {
    /// The upper bound of its window.
    pub(crate) upper: u64,
    /// The revision of the state from which it was made.
    pub(crate) revision: u32,
    /// When its snapshot was taken.
    pub(crate) taken_at: DateTime<Utc>,
}

/// The watermark as it stands in the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Mode {
    /// The system column.
    Xmin,
    /// A column of this name.
    Column(String),
}

impl From<&Watermark> for Mode {
    fn from(watermark: &Watermark) -> Self {
        match watermark {
            Watermark::Xmin => Self::Xmin,
            Watermark::Column(name) => Self::Column(name.clone()),
        }
    }
}

impl State {
    /// Returns the state before the first object of a stream, or of one that begins anew after `last`.
    pub(crate) fn begun(
        (extraction, incremental): (&Extraction, &Incremental),
        cluster: &Cluster,
        table: TableFacts,
        last: Option<&Self>,
        (request_id, delivery): (&str, &str),
    ) -> Self {
        let Cluster { system, timeline, resource } = cluster.clone();
        let TableFacts { name, oid, columns, leaves } = table;
        Self {
            version: VERSION,
            stream: incremental.stream.clone(),
            generation: last.map_or(1, |last| last.generation + 1),
            sequence: 0,
            revision: 0,
            lower: None,
            watermark: (&incremental.watermark).into(),
            table: name,
            oid,
            columns,
            leaves,
            whole: BTreeMap::new(),
            system,
            timeline,
            resource,
            format: extraction.format.format().as_str().to_owned(),
            compression: compression(extraction),
            taken_at: None,
            request_id: request_id.to_owned(),
            restarted_by: incremental.restart.then(|| delivery.to_owned()),
            reset: false,
        }
    }

    /// Reads a state.
    ///
    /// # Errors
    /// What is wrong with it, in words that follow its name.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let state: Self = serde_json::from_slice(bytes).map_err(|error| {
            format!("is no state of an incremental export (line {}, column {})", error.line(), error.column())
        })?;
        if state.version > VERSION {
            return Err(format!("has the form of a later version of the extractor ({})", state.version));
        }
        Ok(state)
    }

    /// Returns the state as JSON.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // It has no map whose keys are not strings or numbers.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Returns the folder of the objects, below the prefix.
    pub(crate) fn folder(&self) -> String {
        match self.generation {
            0 | 1 => self.stream.clone(),
            generation => format!("{}.{generation}", self.stream),
        }
    }

    /// Returns the name of the next object below the prefix.
    pub(crate) fn object(&self, extension: &str) -> String {
        format!("{}/{:010}_{}{extension}", self.folder(), self.sequence, self.lower.unwrap_or(0))
    }

    /// Returns whether the run that delivers `delivery` has yet to begin the stream anew.
    pub(crate) fn is_to_restart(&self, incremental: &Incremental, delivery: &str) -> bool {
        self.reset || (incremental.restart && self.restarted_by.as_deref() != Some(delivery))
    }

    /// Returns the state with what the table has now, or `None` if nothing has changed. Tables that came after the last
    /// object are read as a whole.
    pub(crate) fn with_facts(&self, facts: &TableFacts, request_id: &str) -> Option<Self> {
        if self.columns == facts.columns && self.leaves == facts.leaves && self.table == facts.name {
            return None;
        }
        let revision = self.revision + 1;
        let mut whole: BTreeMap<u32, u32> = self
            .whole
            .iter()
            .filter(|(oid, _)| facts.leaves.contains(oid))
            .map(|(oid, at)| (*oid, *at))
            .collect();
        if self.lower.is_some() {
            let came = facts.leaves.iter().filter(|oid| !self.leaves.contains(oid));
            whole.extend(came.map(|oid| (*oid, revision)));
        }
        Some(Self {
            revision,
            columns: facts.columns.clone(),
            leaves: facts.leaves.clone(),
            table: facts.name.clone(),
            whole,
            request_id: request_id.to_owned(),
            ..self.clone()
        })
    }

    /// Returns the state after the next object, which has this.
    pub(crate) fn after(&self, written: Pending, cluster: Option<&Cluster>, request_id: &str) -> Self {
        // What came later than the state from which the object was made is not in it.
        let whole = self.whole.iter().filter(|(_, revision)| **revision > written.revision);
        let (resource, timeline) = match cluster {
            Some(cluster) => {
                (cluster.resource.clone().or(self.resource.clone()), cluster.timeline.max(self.timeline))
            }
            None => (self.resource.clone(), self.timeline),
        };
        Self {
            sequence: self.sequence + 1,
            revision: 0,
            lower: Some(written.upper),
            whole: whole.map(|(oid, _)| (*oid, 0)).collect(),
            taken_at: Some(written.taken_at),
            request_id: request_id.to_owned(),
            resource,
            timeline,
            ..self.clone()
        }
    }
}

/// Returns the name of the compression, which of Parquet lies within the file and may change.
pub(super) fn compression(extraction: &Extraction) -> String {
    extraction.compression.as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let columns = vec![TableColumn { name: "id".to_owned(), type_name: "bigint".to_owned() }];
        State {
            version: VERSION,
            stream: "orders".to_owned(),
            generation: 1,
            sequence: 3,
            revision: 0,
            lower: Some(700),
            watermark: Mode::Xmin,
            table: "sales.orders".to_owned(),
            oid: 10,
            columns,
            leaves: vec![11, 12],
            whole: BTreeMap::new(),
            system: Some("7".to_owned()),
            timeline: Some(1),
            resource: None,
            format: "csv".to_owned(),
            compression: "none".to_owned(),
            taken_at: None,
            request_id: "r".to_owned(),
            restarted_by: None,
            reset: false,
        }
    }

    fn facts(leaves: &[u32]) -> TableFacts {
        let State { table, oid, columns, .. } = state();
        TableFacts { name: table, oid, columns, leaves: leaves.to_vec() }
    }

    fn written(upper: u64, revision: u32) -> Pending {
        Pending { upper, revision, taken_at: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn the_name_of_the_next_object_follows_from_the_state() {
        assert_eq!(state().object(".csv"), "orders/0000000003_700.csv");
        let anew = State { generation: 2, sequence: 0, lower: None, ..state() };
        assert_eq!(anew.object(".csv.gz"), "orders.2/0000000000_0.csv.gz");
        let next = state().after(written(900, 0), None, "q");
        assert_eq!(next.object(".csv"), "orders/0000000004_900.csv");
    }

    #[test]
    fn a_table_that_comes_is_read_as_a_whole_once() {
        assert_eq!(state().with_facts(&facts(&[11, 12]), "q"), None);
        let attached = state().with_facts(&facts(&[11, 12, 13]), "q").expect("a change");
        assert_eq!((attached.revision, attached.whole.clone()), (1, BTreeMap::from([(13, 1)])));
        // The object of this revision has it, one of the revision before has not.
        assert_eq!(attached.after(written(900, 1), None, "q").whole, BTreeMap::new());
        assert_eq!(attached.after(written(900, 0), None, "q").whole, BTreeMap::from([(13, 0)]));
        let gone = attached.with_facts(&facts(&[11, 12]), "q").expect("a change");
        assert_eq!((gone.revision, gone.whole), (2, BTreeMap::new()));
        // A first window has every table as a whole.
        let first = State { lower: None, sequence: 0, ..state() };
        assert_eq!(first.with_facts(&facts(&[11, 12, 13]), "q").expect("a change").whole, BTreeMap::new());
    }

    #[test]
    fn a_stream_begins_anew_once_for_each_delivery_that_asks_for_it() {
        let incremental = |restart| Incremental {
            stream: "orders".to_owned(),
            watermark: Watermark::Xmin,
            continues_with_other_columns: false,
            restart,
        };
        assert!(!state().is_to_restart(&incremental(false), "d"));
        assert!(state().is_to_restart(&incremental(true), "d"));
        let restarted = State { restarted_by: Some("d".to_owned()), ..state() };
        assert!(!restarted.is_to_restart(&incremental(true), "d"));
        assert!(restarted.is_to_restart(&incremental(true), "e"));
        assert!(State { reset: true, ..state() }.is_to_restart(&incremental(false), "d"));
    }

    #[test]
    fn what_is_written_is_read_and_anything_else_refused() {
        assert_eq!(State::parse(&state().to_bytes()), Ok(state()));
        let of_column = State { watermark: Mode::Column("txid".to_owned()), ..state() };
        let json: serde_json::Value = serde_json::from_slice(&of_column.to_bytes()).expect("JSON");
        assert_eq!(json["watermark"], serde_json::json!({"column": "txid"}));
        assert!(State::parse(b"{}").unwrap_err().starts_with("is no state"));
        let later = State { version: VERSION + 1, ..state() };
        assert!(State::parse(&later.to_bytes()).unwrap_err().contains("later version"));
    }
}
