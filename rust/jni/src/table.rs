//! The one table of native methods: name, signature and shim. The Java side declares them in `faspstream.internal.Native`.

use core::ffi::c_void;

use jni::objects::{JByteArray, JByteBuffer, JClass, JLongArray, JString};
use jni::strings::JNIStr;
use jni::sys::{jboolean, jint, jlong};
use jni::{EnvUnowned, NativeMethod, jni_str};

use crate::buffers::Place;
use crate::natives::{client, library, server, session, stream};
use crate::shim::{checked, unchecked};
use crate::trap;

/// One row of the table.
struct Row {
    name: &'static JNIStr,
    signature: &'static JNIStr,
    function: *mut c_void,
}

/// Makes the table and its shims, each row a static method: `kind name "signature" => shim(arguments) -> result { body }`, where kind is
/// `checked` for methods that declare `NativeFailure` and `unchecked` for those that declare nothing.
macro_rules! natives {
    ($($kind:ident $name:literal $signature:literal
       => $shim:ident(|$env:ident| $($arg:ident: $type:ty),*) -> $result:ty { $body:expr })*) => {
        $(extern "system" fn $shim<'l>(env: EnvUnowned<'l>, _: JClass<'l> $(, $arg: $type)*) -> $result {
            $kind(env, |$env| {
                trap::spring($name);
                $body
            })
        })*

        fn rows() -> Vec<Row> {
            vec![$(Row {
                name: jni_str!($name),
                signature: jni_str!($signature),
                function: $shim as *mut c_void,
            }),*]
        }
    };
}

natives! {
    unchecked "version" "()Ljava/lang/String;"
        => version(|env|) -> JString<'l> { library::version(env) }
    unchecked "configTable" "()Ljava/lang/String;"
        => config_table(|env|) -> JString<'l> { library::config_table(env) }
    unchecked "methodTable" "()Ljava/lang/String;"
        => method_table(|env|) -> JString<'l> { library::method_table(env) }
    unchecked "poll" "([JI)I"
        => poll(|env| events: JLongArray<'l>, millis: jint) -> jint { library::poll(env, &events, millis) }
    unchecked "wake" "()V"
        => wake(|_env|) -> () { library::wake() }
    unchecked "logLevel" "(I)V"
        => log_level(|_env| level: jint) -> () { library::log_level(level) }
    unchecked "hasLogs" "()Z"
        => has_logs(|_env|) -> jboolean { Ok(library::has_logs()) }
    unchecked "takeLogs" "()[B"
        => take_logs(|env|) -> JByteArray<'l> { library::take_logs(env) }
    unchecked "release" "(J)V"
        => release(|_env| handle: jlong) -> () { library::release(handle) }
    checked "serverStart" "([BZ)J"
        => server_start(|env| config: JByteArray<'l>, asks: jboolean) -> jlong { server::start(env, &config, asks) }
    checked "serverQuestion" "(J)[B"
        => server_question(|env| server: jlong) -> JByteArray<'l> { server::question(env, server) }
    checked "serverAnswer" "(JJ[B)V"
        => server_answer(|env| server: jlong, number: jlong, refusal: JByteArray<'l>) -> () { server::answer(env, server, number, &refusal) }
    checked "serverInfo" "(J)[B"
        => server_info(|env| server: jlong) -> JByteArray<'l> { server::info(env, server) }
    checked "serverAccept" "(J)J"
        => server_accept(|_env| server: jlong) -> jlong { server::accept(server) }
    checked "serverStats" "(J)[J"
        => server_stats(|env| server: jlong) -> JLongArray<'l> { server::stats(env, server) }
    checked "serverTargetRate" "(JJ)V"
        => server_target_rate(|_env| server: jlong, rate: jlong) -> () { server::target_rate(server, rate) }
    checked "serverClose" "(JJ)V"
        => server_close(|_env| server: jlong, grace: jlong) -> () { server::close(server, grace) }
    checked "clientStart" "([B)J"
        => client_start(|env| config: JByteArray<'l>) -> jlong { client::start(env, &config) }
    checked "clientConnected" "(J)Z"
        => client_connected(|_env| client: jlong) -> jboolean { client::connected(client) }
    checked "clientOpen" "(J[B)J"
        => client_open(|env| client: jlong, request: JByteArray<'l>) -> jlong { client::open(env, client, &request) }
    checked "clientClose" "(J)V"
        => client_close(|_env| client: jlong) -> () { client::close(client) }
    checked "sessionInfo" "(J)[B"
        => session_info(|env| session: jlong) -> JByteArray<'l> { session::info(env, session) }
    checked "sessionState" "(J)I"
        => session_state(|_env| session: jlong) -> jint { session::state(session) }
    checked "read" "(J[BII)I"
        => read(|env| session: jlong, into: JByteArray<'l>, offset: jint, length: jint) -> jint { stream::read(env, session, &Place::array(env, &into, offset, length)?) }
    checked "readDirect" "(JLjava/nio/ByteBuffer;II)I"
        => read_direct(|env| session: jlong, into: JByteBuffer<'l>, index: jint, length: jint) -> jint { stream::read(env, session, &Place::direct(env, &into, index, length)?) }
    checked "write" "(J[BII)I"
        => write(|env| session: jlong, from: JByteArray<'l>, offset: jint, length: jint) -> jint { stream::write(env, session, &Place::array(env, &from, offset, length)?) }
    checked "writeDirect" "(JLjava/nio/ByteBuffer;II)I"
        => write_direct(|env| session: jlong, from: JByteBuffer<'l>, index: jint, length: jint) -> jint { stream::write(env, session, &Place::direct(env, &from, index, length)?) }
    checked "available" "(J)J"
        => available(|_env| session: jlong) -> jlong { stream::available(session) }
    checked "rest" "(JI)Z"
        => rest(|_env| session: jlong, micros: jint) -> jboolean { stream::rest(session, micros) }
    checked "flush" "(J)V"
        => flush(|_env| session: jlong) -> () { stream::flush(session) }
    checked "finish" "(J)V"
        => finish(|_env| session: jlong) -> () { stream::finish(session) }
    checked "holdCompletion" "(J)V"
        => hold_completion(|_env| session: jlong) -> () { stream::hold_completion(session) }
    checked "confirm" "(J)V"
        => confirm(|_env| session: jlong) -> () { stream::confirm(session) }
    checked "receipt" "(J)[B"
        => receipt(|env| session: jlong) -> JByteArray<'l> { session::receipt(env, session) }
    checked "stats" "(J)[J"
        => stats(|env| session: jlong) -> JLongArray<'l> { session::stats(env, session) }
    checked "diagnose" "(J)[B"
        => diagnose(|env| session: jlong) -> JByteArray<'l> { session::diagnose(env, session) }
    checked "recording" "(J)[B"
        => recording(|env| session: jlong) -> JByteArray<'l> { session::recording(env, session) }
    checked "targetRate" "(JJ)V"
        => target_rate(|_env| session: jlong, rate: jlong) -> () { session::target_rate(session, rate) }
    checked "minRate" "(JJ)V"
        => min_rate(|_env| session: jlong, rate: jlong) -> () { session::min_rate(session, rate) }
    checked "policy" "(JI)V"
        => policy(|_env| session: jlong, policy: jint) -> () { session::policy(session, policy) }
    checked "reject" "(J[B)V"
        => reject(|env| session: jlong, reason: JByteArray<'l>) -> () { session::reject(env, session, &reason) }
    checked "abort" "(J[B)V"
        => abort(|env| session: jlong, reason: JByteArray<'l>) -> () { session::abort(env, session, &reason) }
    checked "panic" "(Ljava/lang/String;)V"
        => panic(|env| message: JString<'l>) -> () { library::panic(env, &message) }
}

/// What `RegisterNatives` takes.
pub(crate) fn methods() -> Vec<NativeMethod<'static>> {
    rows()
        .iter()
        // SAFETY: the macro gives each row the shim that it makes for it; that the signature describes the shim's arguments is kept by
        // whoever writes a row, and the calls of the Java tests go through every row.
        .map(|row| unsafe { NativeMethod::from_raw_parts(row.name, row.signature, row.function) })
        .collect()
}

/// Name and signature of each row, a line each.
pub(crate) fn describe() -> String {
    rows().iter().map(|row| format!("{} {}\n", row.name, row.signature)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_method_stands_twice() {
        let mut names: Vec<_> = rows().iter().map(|row| row.name.to_str().into_owned()).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
