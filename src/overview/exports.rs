//! Finds exports by what runs leave in buckets: objects with our metadata, sets with a manifest, streams with
//! a watermark.

mod group;
mod usual;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use extractor_overview::{Export, ExportKind, Failure, Source, Stall};
use futures_util::{StreamExt, stream};

use super::asking::{failure, in_time};
use super::calls::Calls;
use super::keep::own_keys;
use crate::job::{PageTarget, Survey, WatchedPrefix, WriteOptions};
use crate::pipeline::{Process, Run};
use crate::s3::{Listed, Store};
use group::{Group, Groups, groups};
use usual::usual_minutes;

/// The maximum number of pages of 1,000 keys that are listed per prefix.
const MOST_PAGES: u32 = 100;
/// The maximum number of places that are shown per prefix.
const MOST_GROUPS: usize = 200;
/// The maximum number of manifests that are read per prefix; the newest are read.
const MOST_MANIFESTS: usize = 200;
const AT_A_TIME: usize = 8;
/// The metadata entry of objects that an extraction wrote.
const EXTRACTION_ID: &str = "extraction-id";

/// Returns all exports, and notes about what was left out.
pub(super) async fn collect(
    process: &Process,
    survey: &Survey,
    run: &Run,
    calls: &Calls,
) -> Result<(Vec<Export>, Vec<String>), Failure> {
    in_time(run, Source::Exports, async {
        let (mut exports, mut notes) = (Vec::new(), Vec::new());
        for watched in &survey.exports {
            let own = match &survey.target {
                Some(PageTarget::Bucket { bucket, prefix }) if *bucket == watched.bucket => {
                    own_keys(prefix.as_deref()).into()
                }
                _ => Vec::new(),
            };
            let s3 = process.s3().await.clone();
            let store = Store::new(s3, &watched.bucket, survey.bucket_owner.clone(), WriteOptions::default());
            let watch = Watch { store, watched, now: run.started, calls };
            let found = watch.exports(&own, &mut notes).await;
            exports.extend(found.map_err(|error| failure(Source::Exports, &error))?);
        }
        exports.sort_by(|a, b| (&a.bucket, &a.prefix, a.kind).cmp(&(&b.bucket, &b.prefix, b.kind)));
        exports.dedup_by(|a, b| (&a.bucket, &a.prefix, a.kind) == (&b.bucket, &b.prefix, b.kind));
        Ok((exports, notes))
    })
    .await
}

struct Watch<'a> {
    store: Store,
    watched: &'a WatchedPrefix,
    now: DateTime<Utc>,
    calls: &'a Calls,
}

impl Watch<'_> {
    async fn exports(&self, own: &[String], notes: &mut Vec<String>) -> crate::error::Result<Vec<Export>> {
        let mut listed = self.list(notes).await?;
        listed.retain(|object| !own.contains(&object.key));
        let Groups { streams, sets, objects } = groups(listed);
        let place = || format!("s3://{}/{}", self.watched.bucket, self.watched.prefix);
        let count = streams.len() + sets.len() + objects.len();
        if count > MOST_GROUPS {
            notes.push(format!(
                "Below {} there are {count} places with objects; {MOST_GROUPS} of each kind are shown. Name narrower \
                 prefixes in exports.",
                place()
            ));
        }
        let streams =
            streams.into_iter().take(MOST_GROUPS).map(|(prefix, group)| self.stream(prefix, &group));
        let mut exports: Vec<Export> = streams.collect();
        let rows = self.rows_of_sets(&sets).await;
        for (prefix, group) in sets.into_iter().take(MOST_GROUPS) {
            exports.push(self.export(prefix, ExportKind::Sets, &group, &rows));
        }
        let looked = objects.into_iter().take(MOST_GROUPS).map(|(prefix, group)| async move {
            let ours = match group.newest() {
                Some(newest) => self.is_ours(&newest.key).await,
                None => Ok(false),
            };
            (prefix, group, ours)
        });
        let looked = stream::iter(looked.collect::<Vec<_>>()).buffered(AT_A_TIME).collect::<Vec<_>>().await;
        let mut others = 0;
        for (prefix, group, ours) in looked {
            if ours? {
                exports.push(self.export(prefix, ExportKind::Objects, &group, &BTreeMap::new()));
            } else {
                others += 1;
            }
        }
        if others > 0 {
            notes.push(format!(
                "Below {} there are {others} places whose newest object was not written by an extraction; they are left out.",
                place()
            ));
        }
        Ok(exports)
    }

    async fn list(&self, notes: &mut Vec<String>) -> crate::error::Result<Vec<Listed>> {
        let (mut listed, mut token) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let (page, next) = self.store.list(&self.watched.prefix, token).await?;
            self.calls.add("s3:ListObjectsV2", 1);
            listed.extend(page);
            token = next;
            if token.is_none() {
                return Ok(listed);
            }
        }
        notes.push(format!(
            "Below s3://{}/{} there are more than {} objects; only the first of them by name were looked at. Name narrower \
             prefixes in exports, or let old objects expire.",
            self.watched.bucket,
            self.watched.prefix,
            MOST_PAGES * 1000
        ));
        Ok(listed)
    }

    async fn is_ours(&self, key: &str) -> crate::error::Result<bool> {
        self.calls.add("s3:HeadObject", 1);
        let found = self.store.look(key).await?;
        Ok(found.is_some_and(|found| found.metadata.contains_key(EXTRACTION_ID)))
    }

    /// Returns the rows of the newest sets by the keys of their manifests, without those that cannot be read.
    async fn rows_of_sets(&self, sets: &BTreeMap<String, Group>) -> BTreeMap<String, u64> {
        let oldest = self.now.timestamp() - usual::SECONDS;
        let mut manifests: Vec<&Listed> =
            sets.values().flat_map(|group| &group.runs).filter(|object| object.modified >= oldest).collect();
        manifests.sort_by_key(|object| std::cmp::Reverse(object.modified));
        manifests.truncate(MOST_MANIFESTS);
        let read = manifests.into_iter().map(|object| async move {
            self.calls.add("s3:GetObject", 1);
            let manifest = self.store.read(&object.key).await.ok()??;
            let json: serde_json::Value = serde_json::from_slice(&manifest.bytes).ok()?;
            Some((object.key.clone(), json["rows"].as_u64()?))
        });
        let rows = stream::iter(read.collect::<Vec<_>>()).buffered(AT_A_TIME).collect::<Vec<_>>().await;
        rows.into_iter().flatten().collect()
    }

    fn export(
        &self,
        prefix: String,
        kind: ExportKind,
        group: &Group,
        rows: &BTreeMap<String, u64>,
    ) -> Export {
        let times: Vec<i64> = group.runs.iter().map(|object| object.modified).collect();
        let given = self.watched.every_minutes;
        // A stream writes nothing if there is nothing new.
        let usual =
            if kind == ExportKind::Stream { None } else { usual_minutes(&times, self.now.timestamp()) };
        Export {
            bucket: self.watched.bucket.clone(),
            prefix,
            kind,
            last_success: times.iter().max().and_then(|last| DateTime::from_timestamp(*last, 0)),
            every_minutes: given.or(usual),
            every_given: given.is_some(),
            days: usual::days(group, rows, self.now.timestamp()),
            stalled: None,
        }
    }

    fn stream(&self, prefix: String, group: &Group) -> Export {
        let moved = group.state.and_then(|moved| DateTime::from_timestamp(moved, 0));
        let stalled = moved.map(|since| Stall {
            since,
            reason: "its runs found nothing new, or failed, or there were none".to_owned(),
        });
        Export { stalled, ..self.export(prefix, ExportKind::Stream, group, &BTreeMap::new()) }
    }
}
