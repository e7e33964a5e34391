//! One reader of a set: writes the rows of its session into files.

use std::sync::Arc;

use extractor_encode::FileEncoding;

use super::file::FileWriter;
use super::partition::PartitionWriter;
use crate::database::Session;
use crate::error::{Result, Stage};
use crate::pipeline::readers::Read;
use crate::pipeline::work::Work;
use crate::progress::Meter;

/// Reads the rows of one session.
pub(super) struct SetReader<F: FileEncoding> {
    pub(super) work: Work,
    pub(super) files: FileWriter<F>,
    /// The partitions, if there are any.
    pub(super) partitions: Option<PartitionWriter<F>>,
    pub(super) meter: Arc<Meter>,
}

impl<F: FileEncoding + Send + Sync + 'static> Read for SetReader<F> {
    fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    async fn read(mut self, session: &mut Session) -> Result<()> {
        self.meter.enter(Stage::Rows);
        let (mut count, mut table, mut before) = (0, 0, 0);
        while let Some(portal) = self.work.next(session).await? {
            if portal.table != table {
                self.files.end().await?;
                (table, before) = (portal.table, count);
            }
            let mut rows = session.execute(&portal.parameters, &portal.formats).await?;
            while rows.advance().await? {
                self.meter.enter(Stage::Encode);
                while let Some(row) = rows.next_arrived() {
                    count += 1;
                    if let Some(partitions) = &mut self.partitions {
                        partitions.row(row, count, &mut self.files).await?;
                        continue;
                    }
                    if !self.files.is_open() {
                        self.files.begin(table, "").await?;
                    }
                    self.files.row(row, count - before).await?;
                }
                self.meter.publish(count, self.files.bytes());
                self.meter.enter(Stage::Rows);
            }
        }
        self.meter.enter(Stage::Encode);
        if let Some(partitions) = &mut self.partitions {
            partitions.finish(&mut self.files).await?;
        }
        self.files.end().await?;
        self.meter.publish(count, self.files.bytes());
        Ok(())
    }
}
