//! The pages and the player of the course.
