//! The laws of the engine's synchronisation, each through all its schedules.

use faspstream_model as model;

#[test]
fn a_waiter_is_woken_by_the_change_that_it_waits_for() {
    model::waiter_is_woken();
}

#[test]
fn one_who_waits_for_the_next_change_alone_misses_none() {
    model::one_who_waits_once_is_woken();
}

#[test]
fn a_writer_that_found_no_room_is_told_of_it() {
    model::blocked_writer_is_told();
}

#[test]
fn a_driver_that_is_about_to_rest_finds_the_bytes_or_is_told_of_them() {
    model::hungry_driver_is_told();
}

#[test]
fn bytes_of_two_writers_are_taken_in_the_order_of_the_digest() {
    model::two_writers_are_in_order();
}

#[test]
fn the_end_comes_to_the_driver_behind_every_byte() {
    model::end_comes_last();
}

#[test]
fn a_reader_that_found_nothing_is_told_of_the_first_bytes() {
    model::reader_is_told();
}

#[test]
fn the_end_of_a_stream_is_judged_once_and_the_driver_hears_of_it() {
    model::end_is_judged_once();
}
