//! Refuses to go on where rows would be lost or doubled without anybody noticing.

use super::facts::{Cluster, Horizon, TableFacts};
use super::state::{Mode, State, compression};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;
use crate::job::{Extraction, Incremental};

/// The width of a window from which on ids of 32 bits are ambiguous.
const TOO_WIDE: u64 = 1 << 31;

const RESTART: &str = "Begin anew with \"restart\": true in `incremental`, which exports the whole table once more into a folder of its own; the old \
     objects stay.";

/// Checks that the event asks for what the state has.
///
/// # Errors
/// `WatermarkInvalid` if not.
pub(crate) fn check_request(state: &State, extraction: &Extraction, incremental: &Incremental) -> Result<()> {
    let differ = |what: &str, was: &str, is: &str| {
        Err(invalid(format!(
            "The stream {} has {what} {was}, and the event asks for {is}.",
            form::shown(&state.stream)
        ))
        .with_hint(format!("Ask for {was} as before, or name another stream. {RESTART}")))
    };
    let format = extraction.format.format().as_str();
    if state.format != format {
        return differ("the format", &state.format, format);
    }
    let compression = compression(extraction);
    if state.compression != compression {
        return differ("the compression", &state.compression, &compression);
    }
    let watermark = Mode::from(&incremental.watermark);
    if state.watermark != watermark {
        let name = |mode: &Mode| match mode {
            Mode::Xmin => "xmin".to_owned(),
            Mode::Column(column) => form::shown(column).to_string(),
        };
        return differ("the watermark", &name(&state.watermark), &name(&watermark));
    }
    Ok(())
}

/// Checks that the server counts the same transactions as when the state was written.
///
/// # Errors
/// `WatermarkInvalid` if not.
pub(crate) fn check_identity(state: &State, cluster: &Cluster, horizon: Horizon) -> Result<()> {
    let other = |what: &str, was: &str, is: &str, why: &str| {
        Err(invalid(format!("The state of the stream is of another {what}: {was}, and the server has {is}."))
            .with_hint(format!("{why} Its transaction ids are not those that the state counts. {RESTART}")))
    };
    if let (Some(was), Some(is)) = (&state.system, &cluster.system)
        && was != is
    {
        let why = "The database was restored by pg_restore, migrated, upgraded by pg_upgrade or a blue/green deployment, or the \
                   configuration leads to another one.";
        return other("cluster", &format!("system identifier {was}"), is, why);
    }
    if let (Some(was), Some(is)) = (&state.resource, &cluster.resource)
        && was != is
    {
        let why = "The database was restored under the same name, or the configuration leads to another one.";
        return other("database", was, is, why);
    }
    if let (Some(was), Some(is)) = (state.timeline, cluster.timeline)
        // The control file of a standby has the new timeline only some time after its upstream has it.
        && (is > was || (is < was && !horizon.in_recovery))
    {
        let why = "A standby was promoted, or a backup was restored to a point in time: ids of transactions that it did not have \
                   are given out again.";
        return other("timeline", &was.to_string(), &is.to_string(), why);
    }
    let Some(lower) = state.lower else { return Ok(()) };
    if horizon.upper < lower && !horizon.in_recovery {
        let message = format!(
            "The last window ended at transaction {lower}, but on this server every transaction from {} on is still to come or running.",
            horizon.upper
        );
        return Err(invalid(message).with_hint(format!(
            "Its transaction ids were set back, as by a restored backup, or the state was edited: see rds-data-extractor watermark show. {RESTART}"
        )));
    }
    if state.watermark == Mode::Xmin && horizon.upper.saturating_sub(lower) >= TOO_WIDE {
        let message = format!(
            "{} transactions have ended since the last window, at {lower}; rows know ids of 32 bits only, which tell at most {TOO_WIDE} apart.",
            horizon.upper - lower
        );
        return Err(invalid(message).with_hint(format!("Run the export more often. {RESTART}")));
    }
    Ok(())
}

/// Checks that the table is the one of the state, with the same columns.
///
/// # Errors
/// `WatermarkInvalid` if not.
pub(crate) fn check_table(state: &State, facts: &TableFacts, incremental: &Incremental) -> Result<()> {
    if state.oid != facts.oid {
        let message = if state.table == facts.name {
            format!(
                "The table {} was dropped and created again since the last window.",
                form::shown(&facts.name)
            )
        } else {
            format!(
                "The stream exports {}, and the event names {}.",
                form::shown(&state.table),
                form::shown(&facts.name)
            )
        };
        return Err(invalid(message).with_hint(format!("Name another stream for another table. {RESTART}")));
    }
    if incremental.continues_with_other_columns || state.columns == facts.columns {
        return Ok(());
    }
    let missing = state.columns.iter().filter(|column| !facts.columns.contains(column));
    let new = facts.columns.iter().filter(|column| !state.columns.contains(column));
    let names = |what: &str, columns: &mut dyn Iterator<Item = &super::TableColumn>| {
        let names: Vec<_> =
            columns.map(|column| format!("{} {}", form::shown(&column.name), column.type_name)).collect();
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let changes: Vec<_> = [names("gone:", &mut missing.into_iter()), names("new:", &mut new.into_iter())]
        .into_iter()
        .flatten()
        .collect();
    let changes = if changes.is_empty() { "their order".to_owned() } else { changes.join("; ") };
    let message = format!(
        "The columns of {} have changed since the last window ({changes}).",
        form::shown(&facts.name)
    );
    Err(invalid(message).with_hint(format!(
        "If the readers of the objects take other columns, go on with \"onSchemaChange\": \"continue\": the next object has the \
         new ones; rows that are in earlier objects do not come again. {RESTART}"
    )))
}

/// Returns the error of a state that cannot be gone on from.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorType::WatermarkInvalid, Stage::Query, message)
}
