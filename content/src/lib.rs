//! The course as files.
