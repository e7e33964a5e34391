//! The thresholds of the findings.

use serde::{Deserialize, Serialize};

/// The thresholds beyond which something is a finding. The event's `thresholds` can change each of them.
///
/// ```
/// let mut thresholds = extractor_overview::Thresholds::default();
/// thresholds.set("cpuPercent", 95.0)?;
/// assert!(thresholds.set("cpuPercent", -1.0).is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Thresholds {
    /// The storage will be full within fewer days than this, by its trend.
    pub storage_days: f64,
    /// The free storage is less than this percentage of the capacity.
    pub storage_percent: f64,
    /// The mean use of the CPU over the last three hours is above this percentage.
    pub cpu_percent: f64,
    /// The mean lag of a replica over the last hour is above this, in seconds.
    pub lag_seconds: f64,
    /// The age of the oldest transaction id is above this. PostgreSQL stops at two billion.
    pub transaction_ids: f64,
    /// Backups are kept for fewer days than this.
    pub backup_days: f64,
    /// A certificate expires within fewer days than this.
    pub certificate_days: f64,
    /// The standard support of a version ends within fewer days than this.
    pub version_days: f64,
    /// Maintenance is due within fewer days than this.
    pub maintenance_days: f64,
    /// An export is older than this many of its intervals.
    pub late_factor: f64,
    /// The window of a stream has not moved for more hours than this.
    pub stalled_hours: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            storage_days: 14.0,
            storage_percent: 10.0,
            cpu_percent: 85.0,
            lag_seconds: 300.0,
            transaction_ids: 1_000_000_000.0,
            backup_days: 1.0,
            certificate_days: 60.0,
            version_days: 180.0,
            maintenance_days: 7.0,
            late_factor: 1.5,
            stalled_hours: 26.0,
        }
    }
}

impl Thresholds {
    /// The names of the thresholds in an event.
    pub const NAMES: [&'static str; 11] = [
        "storageDays",
        "storagePercent",
        "cpuPercent",
        "lagSeconds",
        "transactionIds",
        "backupDays",
        "certificateDays",
        "versionDays",
        "maintenanceDays",
        "lateFactor",
        "stalledHours",
    ];

    /// Sets the threshold with this name.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the name or the value: the rest of a sentence that begins with the field's
    /// name.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), String> {
        let (place, least, most): (&mut f64, f64, f64) = match name {
            "storageDays" => (&mut self.storage_days, 0.0, 3650.0),
            "storagePercent" => (&mut self.storage_percent, 0.0, 100.0),
            "cpuPercent" => (&mut self.cpu_percent, 0.0, 100.0),
            "lagSeconds" => (&mut self.lag_seconds, 0.0, 1e9),
            "transactionIds" => (&mut self.transaction_ids, 0.0, 2e9),
            "backupDays" => (&mut self.backup_days, 0.0, 35.0),
            "certificateDays" => (&mut self.certificate_days, 0.0, 3650.0),
            "versionDays" => (&mut self.version_days, 0.0, 3650.0),
            "maintenanceDays" => (&mut self.maintenance_days, 0.0, 3650.0),
            "lateFactor" => (&mut self.late_factor, 1.0, 1000.0),
            "stalledHours" => (&mut self.stalled_hours, 0.0, 8760.0),
            _ => return Err("is not a threshold".to_owned()),
        };
        if !(least..=most).contains(&value) {
            return Err(format!("must be a number from {least} to {most}"));
        }
        *place = value;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_sets_a_field_of_its_own_and_refuses_nonsense() {
        let mut all = Thresholds::default();
        for (index, name) in Thresholds::NAMES.into_iter().enumerate() {
            let mut one = Thresholds::default();
            one.set(name, 2.0 + index as f64).unwrap();
            all.set(name, 2.0 + index as f64).unwrap();
            let json = serde_json::to_value(one).unwrap();
            assert_eq!(json[name], 2.0 + index as f64, "{name}");
            assert!(one.set(name, f64::NAN).is_err(), "{name}");
            assert!(one.set(name, -1.0).is_err(), "{name}");
        }
        let json = serde_json::to_value(all).unwrap();
        assert_eq!(json.as_object().unwrap().len(), Thresholds::NAMES.len());
        assert_eq!(all.set("cpu", 1.0).unwrap_err(), "is not a threshold");
    }
}
