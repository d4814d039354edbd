//! The bridge from `faspstream.internal.Native` to the engine: conversion and nothing else.
//!
//! Every exported function is a shim in [`table`] that converts and hands to a private body; a body gives a `Result`, and [`shim`] turns
//! a failure or a panic into a Java exception. No call waits, but the poll of the Java side's event thread. The engine's threads never
//! attach to the JVM: they only put events and log records into queues.

mod buffers;
mod config;
mod events;
mod failure;
mod handles;
mod load;
mod logs;
mod natives;
mod questions;
mod record;
mod shim;
mod table;
mod trap;
