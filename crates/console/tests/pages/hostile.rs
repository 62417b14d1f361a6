//! What people mean no good by: others' pages, forged forms and sessions, scripts in every field.

mod forms;
mod routes;
mod sessions;
mod table;
