//! Results against the f64 references at many inputs, of which the fast suite takes a part.

mod accuracy;
mod axis;
mod derivatives;
mod downlevel;
mod from_output;
mod glu;
mod packed16;
mod parameters;
