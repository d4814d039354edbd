//! Links that the random search found trouble on (`faspstream-sim sweep --links 1 --seed N`), each with its name.

use faspstream_netem::{Change, Script, Time};
use faspstream_sim::outcome::Outcome;
use faspstream_sim::run::run;
use faspstream_sim::sweep::{judge, random_scenario};

use crate::common::{SECOND, complete, holds, long_path, transfer};

fn link(seed: u64) -> Outcome {
    let scenario = random_scenario(seed);
    let outcome = run(&scenario).unwrap_or_else(|failure| panic!("{failure}"));
    let wrong = judge(&scenario, &outcome);
    assert!(wrong.is_empty(), "{}", wrong.join("; "));
    outcome
}

#[test]
fn link_12_small_probes_that_arrive_first_after_an_outage_are_no_black_hole() {
    let outcome = link(12);
    holds!(outcome, outcome.flows[0].sent.datagram_size == 1472);
}

#[test]
fn link_145_a_slow_path_of_a_second_is_not_flooded() {
    let outcome = link(145);
    holds!(outcome, outcome.flows[0].sender.sent_bytes.peak_rate(SECOND / 10) < 40e6);
}

#[test]
fn link_717_the_same_with_loss_and_an_outage() {
    let outcome = link(717);
    holds!(outcome, outcome.flows[0].sender.sent_bytes.peak_rate(SECOND / 10) < 40e6);
}

#[test]
fn link_1871_second_copies_that_a_black_hole_has_made_too_long_do_not_wait_for_ever() {
    link(1871);
}

#[test]
fn link_9345_what_is_sent_again_is_only_what_is_missing_after_datagrams_have_become_smaller() {
    link(9345);
}

#[test]
fn link_5433_the_word_that_all_is_complete_may_overtake_the_feedback() {
    // The laws of every run compare what both ends say of a stream that is complete.
    run(&random_scenario(5433)).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn link_259_and_2060_a_receiver_whose_last_words_all_get_lost_is_complete() {
    link(259);
    link(2060);
}

#[test]
fn link_4275_one_unlucky_round_trip_of_a_start_is_no_policer() {
    // A quarter is lost whatever is sent. A limit without a queue is believed only after a test with less.
    let outcome = link(4275);
    holds!(outcome, outcome.flows[0].share() > 0.5);
}

#[test]
fn link_253_a_window_that_loss_has_made_small_is_tested_until_there_is_a_verdict() {
    link(253);
}

#[test]
fn link_4141_losses_that_a_timer_finds_are_no_round_trip_in_which_nothing_was_delivered() {
    link(4141);
}

#[test]
fn link_29_loss_is_held_against_what_was_sent_beside_it_and_a_crowd_of_gaps_is_not_told_of_for_ever() {
    let outcome = link(29);
    holds!(outcome, outcome.flows[0].completed_at().is_some_and(|at| at < Time::from_secs(12)));
}

#[test]
fn link_372_losses_of_an_old_flight_that_are_found_late_do_not_hide_a_flood() {
    let outcome = link(372);
    let sent = outcome.flows[0].sent;
    holds!(outcome, sent.datagrams_lost * 10 < sent.datagrams_sent);
}

#[test]
fn link_68_and_217_what_an_outage_or_a_black_hole_loses_makes_no_buffer_longer() {
    link(68);
    link(217);
}

#[test]
fn link_3047_and_2480_what_a_black_hole_has_swallowed_in_the_start_is_no_limit_of_the_path() {
    for (seed, most) in [(3047, 3), (2480, 8)] {
        let outcome = link(seed);
        holds!(outcome, outcome.flows[0].completed_at().is_some_and(|at| at < Time::from_secs(most)));
    }
}

#[test]
fn link_1255_3786_and_4953_a_delay_that_a_drain_does_not_move_is_no_queue_that_a_slow_stream_wants() {
    [1255, 3786, 4953].into_iter().for_each(|seed| _ = link(seed));
}

#[test]
fn link_8591_a_path_that_becomes_longer_within_the_start_is_known_when_the_shortest_delay_is_forgotten() {
    // Longer than the sweep allows (7.3 s): 8 ms more on a path of 17 ms may as well be somebody else's queue.
    let scenario = random_scenario(8591);
    let outcome = run(&scenario).unwrap_or_else(|failure| panic!("{failure}"));
    holds!(outcome, outcome.flows[0].completed_at().is_some_and(|at| at < Time::from_secs(12)));
}

#[test]
fn link_5503_jitter_is_nobody_who_fills_the_queue() {
    link(5503);
}

#[test]
fn link_5555_and_9090_a_silence_on_a_path_of_no_length_is_not_how_far_feedbacks_are_apart() {
    for seed in [5555, 9090] {
        let outcome = link(seed);
        holds!(outcome, outcome.flows[0].completed_at().is_some_and(|at| at < Time::from_secs(1)));
    }
}

#[test]
fn link_395_and_1317_a_path_that_becomes_longer_before_an_outage_is_known_to_a_stream_that_is_slow_after_it()
{
    for seed in [395, 1317] {
        let outcome = link(seed);
        holds!(outcome, outcome.flows[0].completed_at().is_some_and(|at| at < Time::from_secs(15)));
    }
}

#[test]
fn link_385_and_1387_what_a_short_queue_has_no_room_for_does_not_travel_in_copies() {
    link(385);
    link(1387);
}

#[test]
fn link_1396_4185_and_4321_what_a_black_hole_has_swallowed_does_not_travel_in_copies() {
    [1396, 4185, 4321].into_iter().for_each(|seed| _ = link(seed));
}

#[test]
fn link_5429_5535_and_8981_what_an_outage_has_swallowed_says_nothing_of_what_the_path_loses() {
    [5429, 5535, 8981].into_iter().for_each(|seed| _ = link(seed));
}

#[test]
fn a_black_hole_under_heavy_loss_is_left_whatever_waits_to_be_sent_twice() {
    let mut scenario = transfer("black hole at 8 % loss", long_path().loss(0.08), 6 * SECOND);
    scenario.forward.script = Script::default().then(Time::from_secs(3), Change::Mtu(1300));
    let outcome = complete(&scenario);
    holds!(outcome, outcome.flows[0].sent.datagram_size <= 1272);
}
