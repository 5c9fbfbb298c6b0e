//! The native half of the Python package: thin classes over the core. What is nicer in Python (enums, exceptions) is in
//! `python/campaigns8x8`. No code here holds the GIL while it blocks.

mod arguments;
mod call;
mod campaign;
mod cancel;
mod client;
mod convert;
mod errors;
mod fault;
mod field;
mod record;
mod report;
mod sandbox;
mod upload;

use pyo3::prelude::*;

#[pymodule]
mod _campaigns8x8 {
    #[pymodule_export]
    use crate::campaign::{Campaign, RecordCount};
    #[pymodule_export]
    use crate::cancel::Cancel;
    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::convert::{_known_values, _parse_time};
    #[pymodule_export]
    use crate::errors::_kinds;
    #[pymodule_export]
    use crate::record::{NewRecord, Record};
    #[pymodule_export]
    use crate::report::RecordOutcome;
    #[pymodule_export]
    use crate::sandbox::Sandbox;

    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", campaigns8x8::VERSION)
    }
}
