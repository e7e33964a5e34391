//! From where on something is a finding.

use serde::{Deserialize, Serialize};

/// From where on something is a finding; the event's `thresholds` change single ones.
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
    /// Storage that is full within so many days, by its trend.
    pub storage_days: f64,
    /// Free storage below so many percent of what the database can have.
    pub storage_percent: f64,
    /// Mean use of the CPU over the last three hours.
    pub cpu_percent: f64,
    /// Mean lag of a replica over the last hour.
    pub lag_seconds: f64,
    /// The age of the oldest transaction id; PostgreSQL stops at two thousand million.
    pub transaction_ids: f64,
    /// Backups kept for fewer days.
    pub backup_days: f64,
    /// A certificate that ends within so many days.
    pub certificate_days: f64,
    /// Standard support that ends within so many days.
    pub version_days: f64,
    /// Maintenance that is due within so many days.
    pub maintenance_days: f64,
    /// An export that is older than so many times its usual interval.
    pub late_factor: f64,
    /// A stream whose window has not moved for so many hours.
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
    /// The names that an event may give.
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

    /// Changes the threshold of this name.
    ///
    /// # Errors
    ///
    /// What is wrong with the name or the value, to go on after the field's name.
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
            _ => return Err("is no threshold".to_owned()),
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
        assert_eq!(all.set("cpu", 1.0).unwrap_err(), "is no threshold");
    }
}
