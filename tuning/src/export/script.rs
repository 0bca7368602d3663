//! The values as a POSIX script with check, apply and rollback.

use super::{Lasting, Values};
use crate::host::sysctl::path_of;
use crate::setting::{Operation, Setting};

/// The fixed part: everything but the table.
const SCRIPT: &str = include_str!("script.sh");

/// Where the table goes.
const TABLE: &str = "@TABLE@\n";

/// A script with a row for each value that is made of numbers, or is one word.
pub fn script(values: &Values<'_>) -> String {
    let mut rows = String::new();
    for value in values.sysctls.iter().chain(&values.files) {
        if let Some(row) = row(value) {
            rows.push_str(&row);
        }
    }
    SCRIPT.replace(TABLE, &rows)
}

/// `operation|path|wanted`. Sets of ports and masks need more arithmetic than a shell has.
fn row(value: &Lasting<'_>) -> Option<String> {
    let operation = match value.operation {
        Operation::Raise => "raise",
        Operation::Lower => "lower",
        Operation::Set => "set",
        Operation::Leave => return None,
    };
    match value.wanted {
        Setting::Numbers(_) | Setting::Word(_) => {}
        Setting::Ports(_) | Setting::Bits(_) => return None,
    }
    let path = value.file.map_or_else(|| path_of(value.key), str::to_owned);
    Some(format!("{operation}|{path}|{}\n", value.wanted))
}
